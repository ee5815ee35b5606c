// Package web maps this module's errors to HTTP, a status and a problem body for
// every error, and reads idempotency keys from requests. It works with net/http and
// any router. Package apikeys has the middleware for API keys.
//
//	func (s *server) charge(w http.ResponseWriter, r *http.Request) {
//		key, err := web.IdempotencyKey(r)
//		if err != nil {
//			web.WriteProblem(w, err)
//			return
//		}
//		op, err := credits.Charge(r.Context(), s.db, credits.ChargeParams{
//			UserUUID: user, Amount: 10, Key: key,
//			Metadata: map[string]any{"prompt": r.FormValue("prompt")}, // another prompt is another request
//		})
//		if err != nil {
//			web.WriteProblem(w, err) // 402 with what is needed and what is there, for one
//			return
//		}
//		if op.Replayed {
//			… // answer with what was made the first time: nothing was charged now
//		}
//		…
package web
