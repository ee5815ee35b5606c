package chameleon_test

import (
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/users"
)

// madeBy says what in the results of verbs names a row, or opens an account, by
// values that each engine numbers and each call draws by itself.
func madeBy() map[string]map[string]string {
	return map[string]map[string]string{
		"apikeys.Create":         {"key": "Info.ID", "secret": "Secret"},
		"content.CreatePost":     {"post": "UUID"},
		"content.SubmitFeedback": {"feedback": "ID"},
		"affiliates.Record":      {"commission": "Commission.ID"},
		"orders.MarkPaid":        {"commission": "Commission.ID"},
		"users.Create":           {"invite": "User.InviteCode"},
		"users.Get":              {"invite": "InviteCode"},
	}
}

// takenBy says which parameters take such a value, and which are empty, because the
// verb takes one of them alone.
func takenBy() map[reflect.Type]map[string]string {
	return map[reflect.Type]map[string]string{
		reflect.TypeFor[apikeys.GetParams]():                 {"ID": "key"},
		reflect.TypeFor[apikeys.RenameParams]():              {"ID": "key"},
		reflect.TypeFor[apikeys.RevokeParams]():              {"ID": "key", "Key": ""},
		reflect.TypeFor[apikeys.AuthenticateParams]():        {"Key": "secret"},
		reflect.TypeFor[apikeys.InspectParams]():             {"Key": "secret"},
		reflect.TypeFor[content.GetPostParams]():             {"UUID": "post"},
		reflect.TypeFor[content.DeletePostParams]():          {"UUID": "post"},
		reflect.TypeFor[content.PublishParams]():             {"UUID": "post"},
		reflect.TypeFor[content.UnpublishParams]():           {"UUID": "post"},
		reflect.TypeFor[content.UpdatePostParams]():          {"UUID": "post"},
		reflect.TypeFor[content.DeleteFeedbackParams]():      {"ID": "feedback"},
		reflect.TypeFor[affiliates.GetParams]():              {"ID": "commission", "OrderNo": ""},
		reflect.TypeFor[users.GetParams]():                   {"InviteCode": "invite", "UserUUID": "", "Email": ""},
		reflect.TypeFor[users.GetWithCreditsParams]():        {"Email": "", "InviteCode": ""},
		reflect.TypeFor[users.SetReferrerParams]():           {"InviteCode": "invite"},
		reflect.TypeFor[users.SignInParams]():                {"InviteCode": "invite"},
		reflect.TypeFor[affiliates.ReviewParams]():           {"ID": "commission"},
		reflect.TypeFor[affiliates.ConvertToCreditsParams](): {"ID": "commission"},
	}
}

// remember keeps what a verb has made, on each engine.
func (h *drawn) remember(verb any, answers []answer) {
	name := runtime.FuncForPC(reflect.ValueOf(verb).Pointer()).Name()
	for kind, path := range madeBy()[name[strings.LastIndex(name, "/")+1:]] {
		var each []any
		for _, a := range answers {
			if a.err != nil {
				return
			}
			v := a.result
			for step := range strings.SplitSeq(path, ".") {
				for v.Kind() == reflect.Pointer && !v.IsNil() {
					v = v.Elem()
				}
				if v.Kind() != reflect.Struct {
					return
				}
				v = v.FieldByName(step)
			}
			each = append(each, v.Interface())
		}
		h.made[kind] = append(h.made[kind], each)
	}
}

// place gives each engine its own name of one thing that was made, now and then
// none.
func (h *drawn) place(params []reflect.Value) {
	taken := takenBy()[params[0].Type()]
	for _, field := range slices.Sorted(maps.Keys(taken)) {
		kind := taken[field]
		made := h.made[kind]
		drawn := h.rand.IntN(len(made) + 1)
		for i := range params {
			value := params[i].FieldByName(field)
			switch {
			case kind == "":
				value.SetZero()
			case drawn < len(made):
				value.Set(reflect.ValueOf(made[drawn][i]))
			case value.Kind() == reflect.Int64:
				value.SetInt(1 << 40)
			}
		}
	}
}
