// Package web turns what the packages of this module return into HTTP: a status and a
// problem body for every error, and idempotency keys from requests. It belongs to no
// router; handlers are net/http's. Package apikeys has the middleware for API keys.
//
//	func (s *server) charge(w http.ResponseWriter, r *http.Request) {
//		key, err := web.IdempotencyKey(r)
//		if err != nil {
//			web.WriteProblem(w, err)
//			return
//		}
//		op, err := credits.Charge(r.Context(), s.db, credits.ChargeParams{
//			UserUUID: user, Amount: 10, Key: key,
//		})
//		if err != nil {
//			web.WriteProblem(w, err) // 402 with what is needed and what is there, for one
//			return
//		}
//		…
package web
