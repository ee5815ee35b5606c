// Package content holds what a product publishes and hears: posts in several
// languages, and the feedback of its users.
//
// # Posts
//
// [CreatePost] makes a post, a draft unless told otherwise; [UpdatePost],
// [Publish], [Unpublish] and [DeletePost] take it through its life. [GetBySlug]
// finds the published post behind a URL, in the reader's locale, what that is a kind
// of (en-US of en), or else in the first fallback that has it; a post whose time of
// publication is still to come is not there yet; [GetPost] finds any post by its uuid.
// Posts that translate each other share an [Post].Article: TranslationOf says so, and
// not their slugs.
// [ListPublished] is for readers, in the order of publication, [ListAll] for editors.
//
// A slug is unique for its locale. CreatePost makes it of the title when none
// is given, in any script ([Slugify]), and appends -2, -3 and so on when it is
// taken: what is taken is the database's word, also among concurrent calls. A
// slug that is given is taken as it is, or refused by *SlugTakenError. When a post gets
// another, the one it had leads there by a *MovedError, and is no other post's for
// [SlugKept], or until [ReleaseSlug].
//
// Rows that other programs write may hold any slug, even twice. They are found
// too; of published posts with one slug and locale the newest is shown.
//
// # Feedback
//
// [SubmitFeedback] takes a text and a rating of 1 to 5, either with or without
// a user. [ListFeedback] pages through it and [FeedbackStats] counts it, by
// the same numbers on every engine.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
package content
