// Package content manages what a product publishes and the feedback that it
// receives: posts in several languages, and feedback from users.
//
// # Posts
//
// [CreatePost] creates a post, by default a draft; [UpdatePost], [Publish],
// [Unpublish] and [DeletePost] manage it. [GetBySlug] finds the published post behind
// a URL, in the reader's locale, in a more general one (en for en-US), or in the
// first fallback locale that has it. A post whose publication lies in the future is
// not found yet. [GetPost] finds any post by its uuid. Translations of one another
// share an Article, which TranslationOf sets; their slugs do not matter.
// [ListPublished] is for readers, in order of publication, and [ListAll] for editors.
//
// A slug is unique within its locale. If none is given, CreatePost derives one from
// the title, in any script ([Slugify]), and appends -2, -3 and so on if it is taken;
// the database decides, even among concurrent calls. A given slug is used as it is,
// or refused with a *SlugTakenError. When a post's slug changes, the old one leads to
// it by a *MovedError, and is reserved for [SlugKept] or until [ReleaseSlug].
//
// Rows that other programs write may have any slug, even a duplicate. They are
// found too; of several published posts with the same slug and locale, the
// newest is shown.
//
// # Feedback
//
// [SubmitFeedback] takes a text and a rating of 1 to 5, with or without a user.
// [ListFeedback] pages through feedback, and [FeedbackStats] sums it up, with
// the same numbers on every engine.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
package content
