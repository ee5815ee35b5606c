// Package shardtest inspects the statements that the library sends while its
// tests run, as a router over shards would see them: accounts on one shard each,
// by user_uuid. It is no proof that Citus, Vitess or TiDB take a statement, but it
// fails the test that sends one of which it is known that they do not, or that
// would ask every shard.
package shardtest
