CREATE TABLE `users` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `uuid` varchar(255) NOT NULL, `email` varchar(255) NOT NULL, `nickname` varchar(255) NULL, `avatar_url` varchar(255) NULL, `invite_code` varchar(255) NOT NULL, `invited_by` varchar(255) NULL, `is_affiliate` boolean NOT NULL DEFAULT false, `created_at` timestamp NULL, `updated_at` timestamp NULL, `deleted_at` timestamp NULL, `email_unverified` boolean NOT NULL DEFAULT false);
--
CREATE UNIQUE INDEX `users_uuid_unique` ON `users` (`uuid`);
--
CREATE UNIQUE INDEX `users_invite_code_unique` ON `users` (`invite_code`);
--
CREATE UNIQUE INDEX `email_unique_idx` ON `users` (`email`);
--
CREATE INDEX `users_invited_by_created_at_idx` ON `users` (`invited_by`, `created_at`, `id`);
--
CREATE INDEX `users_created_at_idx` ON `users` (`created_at`, `id`);
--
CREATE TABLE `user_identities` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_uuid` varchar(255) NOT NULL, `provider` varchar(50) NOT NULL, `subject` varchar(255) NOT NULL, `email` varchar(255) NULL, `email_verified` boolean NOT NULL DEFAULT false, `created_at` timestamp NULL, `updated_at` timestamp NULL);
--
CREATE UNIQUE INDEX `user_identities_provider_subject_unique` ON `user_identities` (`provider`, `subject`);
--
CREATE INDEX `user_identities_user_uuid_idx` ON `user_identities` (`user_uuid`);
--
CREATE TABLE `credits` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_uuid` varchar(255) NOT NULL, `left_credits` integer NOT NULL DEFAULT 0, `total_credits` integer NOT NULL DEFAULT 0, `updated_at` timestamp NULL, `seq` bigint NOT NULL DEFAULT 0, `balance` bigint NOT NULL DEFAULT 0, `held_credits` bigint NOT NULL DEFAULT 0, `debt_credits` bigint NOT NULL DEFAULT 0, `expired_credits` bigint NOT NULL DEFAULT 0, `open_lot` bigint NOT NULL DEFAULT 0, `open_left` bigint NOT NULL DEFAULT 0, `open_expires_us` bigint NOT NULL DEFAULT 0, `as_of_us` bigint NOT NULL DEFAULT 0, `next_event_us` bigint NOT NULL DEFAULT 0, `active_holds` integer NOT NULL DEFAULT 0, `head_hash` varchar(64) NULL);
--
CREATE UNIQUE INDEX `credits_user_uuid_unique` ON `credits` (`user_uuid`);
--
CREATE INDEX `credits_next_event_us_idx` ON `credits` (`next_event_us`);
--
CREATE TABLE `credits_trans` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_uuid` varchar(255) NOT NULL, `trans_type` varchar(50) NOT NULL, `credits` integer NOT NULL, `expired_at` varchar(255) NULL, `created_at` timestamp NULL, `seq` bigint NULL, `op_seq` bigint NULL, `op_key` varchar(255) NULL, `op_kind` varchar(20) NULL, `op_hash` varchar(64) NULL, `op_data` text NULL, `target_seq` bigint NULL, `lot` bigint NULL, `held` integer NOT NULL DEFAULT 0, `balance` bigint NOT NULL DEFAULT 0, `available` bigint NOT NULL DEFAULT 0, `at_us` bigint NULL, `expires_us` bigint NULL, `order_no` varchar(255) NULL, `gen_id` varchar(255) NULL, `metadata` text NULL, `hash` varchar(64) NULL);
--
CREATE INDEX `credits_trans_user_uuid_idx` ON `credits_trans` (`user_uuid`);
--
CREATE UNIQUE INDEX `credits_trans_op_key_unique` ON `credits_trans` (`user_uuid`, `op_key`);
--
CREATE UNIQUE INDEX `credits_trans_seq_unique` ON `credits_trans` (`user_uuid`, `seq`);
--
CREATE INDEX `credits_trans_target_seq_idx` ON `credits_trans` (`user_uuid`, `target_seq`) WHERE target_seq IS NOT NULL;
--
CREATE INDEX `credits_trans_at_us_idx` ON `credits_trans` (`user_uuid`, `at_us`);
--
CREATE TABLE `credits_lots` (`user_uuid` varchar(255) NOT NULL, `lot` bigint NOT NULL, `granted` bigint NOT NULL DEFAULT 0, `free` bigint NOT NULL DEFAULT 0, `held` bigint NOT NULL DEFAULT 0, `paid` boolean NOT NULL DEFAULT false, `live` boolean NOT NULL DEFAULT false, `expires_us` bigint NOT NULL DEFAULT 0, `created_us` bigint NOT NULL DEFAULT 0, `claws` text NULL, PRIMARY KEY (`user_uuid`, `lot`));
--
CREATE INDEX `credits_lots_burn_idx` ON `credits_lots` (`user_uuid`, `live`, `expires_us`, `paid`, `lot`);
--
CREATE INDEX `credits_lots_expires_us_idx` ON `credits_lots` (`expires_us`, `user_uuid`, `lot`);
--
CREATE TABLE `credits_holds` (`user_uuid` varchar(255) NOT NULL, `hold_seq` bigint NOT NULL, `hold_key` varchar(255) NOT NULL, `amount` bigint NOT NULL DEFAULT 0, `captured` bigint NOT NULL DEFAULT 0, `remaining` bigint NOT NULL DEFAULT 0, `status` varchar(20) NOT NULL, `due_us` bigint NOT NULL DEFAULT 0, `created_us` bigint NOT NULL DEFAULT 0, `trans_type` varchar(50) NOT NULL, `allocations` text NULL, PRIMARY KEY (`user_uuid`, `hold_seq`));
--
CREATE INDEX `credits_holds_due_idx` ON `credits_holds` (`user_uuid`, `status`, `due_us`);
--
CREATE TABLE `orders` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `order_no` varchar(255) NOT NULL, `user_uuid` varchar(255) NOT NULL, `product_id` varchar(255) NULL, `product_name` varchar(255) NULL, `amount` integer NOT NULL, `currency` varchar(10) NULL, `status` varchar(50) NOT NULL, `pay_type` varchar(50) NULL, `sub_id` varchar(255) NULL, `interval` varchar(50) NULL, `created_at` timestamp NULL, `paid_at` timestamp NULL, `paid_amount` integer NULL, `credits` integer NULL, `credits_expire_at` timestamp NULL, `period_start` timestamp NULL, `period_end` timestamp NULL, `renewal_key` varchar(255) NULL, `first_order_no` varchar(255) NULL, `pay_ref` varchar(255) NULL, `refunded_amount` integer NOT NULL DEFAULT 0, `refunded_credits` integer NOT NULL DEFAULT 0, `refunded_at` timestamp NULL, `reversals` text NULL, `failure_reason` text NULL, `sub_ended_at` timestamp NULL, `updated_at` timestamp NULL);
--
CREATE UNIQUE INDEX `orders_order_no_unique` ON `orders` (`order_no`);
--
CREATE INDEX `orders_user_uuid_idx` ON `orders` (`user_uuid`);
--
CREATE INDEX `orders_user_uuid_paid_at_idx` ON `orders` (`user_uuid`, `paid_at`, `id`);
--
CREATE INDEX `orders_user_uuid_created_at_idx` ON `orders` (`user_uuid`, `created_at`, `id`);
--
CREATE UNIQUE INDEX `orders_renewal_key_unique` ON `orders` (`renewal_key`);
--
CREATE INDEX `orders_sub_id_created_at_idx` ON `orders` (`sub_id`, `created_at`);
--
CREATE INDEX `orders_pay_ref_idx` ON `orders` (`pay_ref`);
--
CREATE INDEX `orders_status_created_at_idx` ON `orders` (`status`, `created_at`, `id`);
--
CREATE INDEX `orders_created_at_idx` ON `orders` (`created_at`, `id`);
--
CREATE INDEX `orders_paid_at_idx` ON `orders` (`paid_at`);
--
CREATE TABLE `affiliates` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_uuid` varchar(255) NOT NULL, `order_uuid` varchar(255) NULL, `customer_email` varchar(255) NULL, `order_amount` integer NOT NULL DEFAULT 0, `commission_rate` integer NOT NULL DEFAULT 0, `commission_amount` integer NOT NULL DEFAULT 0, `status` varchar(50) NULL, `created_at` timestamp NULL, `order_key` varchar(255) NULL, `customer_uuid` varchar(255) NULL, `currency` varchar(10) NULL, `reversed_amount` integer NOT NULL DEFAULT 0, `approved_at` timestamp NULL, `rejected_at` timestamp NULL, `paid_at` timestamp NULL, `paid_amount` integer NULL, `converted_at` timestamp NULL, `converted_credits` integer NULL, `updated_at` timestamp NULL);
--
CREATE UNIQUE INDEX `affiliates_order_key_unique` ON `affiliates` (`order_key`);
--
CREATE INDEX `affiliates_order_uuid_idx` ON `affiliates` (`order_uuid`);
--
CREATE INDEX `affiliates_user_uuid_created_at_idx` ON `affiliates` (`user_uuid`, `created_at`, `id`);
--
CREATE INDEX `affiliates_status_created_at_idx` ON `affiliates` (`status`, `created_at`, `id`);
--
CREATE INDEX `affiliates_created_at_idx` ON `affiliates` (`created_at`, `id`);
--
CREATE INDEX `affiliates_customer_uuid_idx` ON `affiliates` (`customer_uuid`);
--
CREATE TABLE `ai_provider_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `provider_name` varchar(50) NOT NULL, `api_key` text NOT NULL, `model_config` text NULL, `is_enabled` boolean NOT NULL DEFAULT true, `updated_at` timestamp NULL, `created_at` timestamp NULL);
--
CREATE UNIQUE INDEX `ai_provider_keys_provider_name_unique` ON `ai_provider_keys` (`provider_name`);
--
CREATE TABLE `generations` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `gen_id` varchar(255) NOT NULL, `user_uuid` varchar(255) NOT NULL, `ai_type` varchar(50) NOT NULL, `provider` varchar(50) NOT NULL, `model` varchar(255) NULL, `prompt` text NULL, `result_urls` text NULL, `status` varchar(50) NOT NULL, `credits_cost` integer NOT NULL DEFAULT 0, `created_at` timestamp NULL, `completed_at` timestamp NULL, `error_message` text NULL, `request_key` varchar(255) NULL, `charge_key` varchar(255) NULL, `hold_key` varchar(255) NULL, `credits_refunded` integer NOT NULL DEFAULT 0, `started_at` timestamp NULL, `updated_at` timestamp NULL);
--
CREATE UNIQUE INDEX `generations_gen_id_unique` ON `generations` (`gen_id`);
--
CREATE INDEX `generations_user_uuid_idx` ON `generations` (`user_uuid`);
--
CREATE INDEX `generations_user_uuid_created_at_idx` ON `generations` (`user_uuid`, `created_at`, `id`);
--
CREATE UNIQUE INDEX `generations_user_uuid_request_key_unique` ON `generations` (`user_uuid`, `request_key`);
--
CREATE INDEX `generations_status_created_at_idx` ON `generations` (`status`, `created_at`);
--
CREATE TABLE `apikeys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` varchar(255) NULL, `key` varchar(255) NOT NULL, `user_uuid` varchar(255) NOT NULL, `status` varchar(50) NULL, `created_at` timestamp NULL, `prefix` varchar(32) NULL, `last_used_at` timestamp NULL, `revoked_at` timestamp NULL, `updated_at` timestamp NULL);
--
CREATE UNIQUE INDEX `apikeys_key_unique` ON `apikeys` (`key`);
--
CREATE INDEX `apikeys_user_uuid_created_at_idx` ON `apikeys` (`user_uuid`, `created_at`, `id`);
--
CREATE TABLE `posts` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `uuid` varchar(255) NOT NULL, `title` varchar(255) NULL, `description` text NULL, `content` text NULL, `slug` varchar(255) NULL, `locale` varchar(10) NULL, `status` varchar(50) NULL, `created_at` timestamp NULL, `updated_at` timestamp NULL, `slug_key` varchar(300) NULL, `published_at` timestamp NULL);
--
CREATE UNIQUE INDEX `posts_uuid_unique` ON `posts` (`uuid`);
--
CREATE UNIQUE INDEX `posts_slug_key_unique` ON `posts` (`slug_key`);
--
CREATE INDEX `posts_slug_locale_idx` ON `posts` (`slug`, `locale`);
--
CREATE INDEX `posts_locale_created_at_idx` ON `posts` (`locale`, `created_at`, `id`);
--
CREATE INDEX `posts_created_at_idx` ON `posts` (`created_at`, `id`);
--
CREATE TABLE `feedbacks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_uuid` varchar(255) NULL, `content` text NULL, `rating` integer NULL, `created_at` timestamp NULL);
--
CREATE INDEX `feedbacks_created_at_idx` ON `feedbacks` (`created_at`, `id`);
--
CREATE INDEX `feedbacks_user_uuid_created_at_idx` ON `feedbacks` (`user_uuid`, `created_at`, `id`);
--
INSERT INTO users ("id", "uuid", "email", "nickname", "avatar_url", "invite_code", "invited_by", "is_affiliate", "created_at", "updated_at", "deleted_at", "email_unverified") VALUES (1, '01a224d8-f77a-77a1-b324-91c81982867e', 'ada@example.com', 'Ada \ ''Λ''', NULL, 'hdxypi', NULL, 0, '2026-11-01 09:00:00.123456+00:00', '2026-11-01 09:00:00.123456+00:00', NULL, 0);
--
INSERT INTO users ("id", "uuid", "email", "nickname", "avatar_url", "invite_code", "invited_by", "is_affiliate", "created_at", "updated_at", "deleted_at", "email_unverified") VALUES (2, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'bob@example.com', NULL, NULL, 'VwSZH68e', '01a224d8-f77a-77a1-b324-91c81982867e', 0, '2026-11-01 09:00:00.123456+00:00', '2026-11-01 09:00:00.123456+00:00', NULL, 0);
--
INSERT INTO users ("id", "uuid", "email", "nickname", "avatar_url", "invite_code", "invited_by", "is_affiliate", "created_at", "updated_at", "deleted_at", "email_unverified") VALUES (3, '01a224d8-f780-75f2-bd20-4870433a4c49', 'deleted-01a224d8-f780-75f2-bd20-4870433a4c49@users.invalid', NULL, NULL, 'deleted-01a224d8-f780-75f2-bd20-4870433a4c49', NULL, 0, '2026-11-01 09:00:00.123456+00:00', '2026-11-02 09:00:00.123456+00:00', '2026-11-02 09:00:00.123456+00:00', 0);
--
INSERT INTO user_identities ("id", "user_uuid", "provider", "subject", "email", "email_verified", "created_at", "updated_at") VALUES (1, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'google', 'g-1', 'bob@example.com', 1, '2026-11-01 09:00:00.123456+00:00', '2026-11-01 09:00:00.123456+00:00');
--
INSERT INTO credits ("id", "user_uuid", "left_credits", "total_credits", "updated_at", "seq", "balance", "held_credits", "debt_credits", "expired_credits", "open_lot", "open_left", "open_expires_us", "as_of_us", "next_event_us", "active_holds", "head_hash") VALUES (1, '01a224d8-f77a-77a1-b324-91c81982867e', 0, 1104, '2026-11-18 09:00:00.123456+00:00', 22, -311, 50, 361, 0, 0, 0, 0, 1794992400123456, 1825059600123456, 1, '0f626223de732cf9c88a6ed2b725cd9f58c42fb9b2896d6d5638c94d1986f144');
--
INSERT INTO credits ("id", "user_uuid", "left_credits", "total_credits", "updated_at", "seq", "balance", "held_credits", "debt_credits", "expired_credits", "open_lot", "open_left", "open_expires_us", "as_of_us", "next_event_us", "active_holds", "head_hash") VALUES (2, '01a224d8-f77c-7a13-840b-3844fea1dc37', 1781, 3101, '2026-11-19 09:00:00.123456+00:00', 11, 1841, 60, 0, 1000, 1, 30, 1825059600123456, 1795078800123456, 1825059600123456, 1, '1559495432bd634601d67719dade8022b3fa91c8b305a5db75ab973ad1c533f5');
--
INSERT INTO credits ("id", "user_uuid", "left_credits", "total_credits", "updated_at", "seq", "balance", "held_credits", "debt_credits", "expired_credits", "open_lot", "open_left", "open_expires_us", "as_of_us", "next_event_us", "active_holds", "head_hash") VALUES (3, '01a224d8-f780-75f2-bd20-4870433a4c49', 95, 100, '2026-11-02 09:00:00.123456+00:00', 2, 95, 0, 0, 0, 1, 95, 1825059600123456, 1793610000123456, 1825059600123456, 0, '402271ebe13cb44bf525df9f00ba06ee1e5e29f88132756cb1e67f8636f0e6bc');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (1, '01a224d8-f77a-77a1-b324-91c81982867e', 'new_user', 100, '2027-11-01T09:00:00.123456Z', '2026-11-01 09:00:00.123456+00:00', 1, 1, 'new_user', 'grant', '8ea5e9ff170efe190f85d986c1ab2297910e53de5e792536056a4ed28a16ccb5', NULL, NULL, 1, 0, 100, 100, 1793523600123456, 1825059600123456, NULL, NULL, NULL, '14b9c1369a7c062421d81d7e1edb1b8be8372da74c2eaa2b2178c145c6068048');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (2, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'new_user', 100, '2027-11-01T09:00:00.123456Z', '2026-11-01 09:00:00.123456+00:00', 1, 1, 'new_user', 'grant', '8ea5e9ff170efe190f85d986c1ab2297910e53de5e792536056a4ed28a16ccb5', NULL, NULL, 1, 0, 100, 100, 1793523600123456, 1825059600123456, NULL, NULL, NULL, 'b22f85120740e0ff409e8f33e7e9ac3e2f15856d6b404b2424d6fe1f56355698');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (3, '01a224d8-f780-75f2-bd20-4870433a4c49', 'new_user', 100, '2027-11-01T09:00:00.123456Z', '2026-11-01 09:00:00.123456+00:00', 1, 1, 'new_user', 'grant', '8ea5e9ff170efe190f85d986c1ab2297910e53de5e792536056a4ed28a16ccb5', NULL, NULL, 1, 0, 100, 100, 1793523600123456, 1825059600123456, NULL, NULL, NULL, 'e35fb471a3f1e7328afed05fe2575af3d1888c63ac84b0e9ebfd104215f860d7');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (4, '01a224d8-f780-75f2-bd20-4870433a4c49', 'ai_generation', -5, '2027-11-01T09:00:00.123456Z', '2026-11-02 09:00:00.123456+00:00', 2, 2, 'gone-1', 'charge', '7d9cfbd9baeade802b7fbe88458373272df9ffcb0a177e1a71ae649d2c9a37f6', NULL, NULL, 1, 0, 95, 95, 1793610000123456, 1825059600123456, NULL, NULL, 'redacted:sha256:e209d0e230911625a1718a40e2df1d99b2a0d8b1d231da65464e4e69da19f55d', '402271ebe13cb44bf525df9f00ba06ee1e5e29f88132756cb1e67f8636f0e6bc');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (5, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'order_pay', 1000, '2027-11-03T09:00:00.123456Z', '2026-11-03 09:00:00.123456+00:00', 2, 2, 'order:once:grant', 'paid_grant', '75bd732fb56ae6c6dd827de0b43dee8697d051f283ea321faf0edbc0cc5c9de2', NULL, NULL, 2, 0, 1100, 1100, 1793696400123456, 1825232400123456, 'once', NULL, NULL, 'ea3135e279399c2c2ebdedf15d9ecbbadfd517bd4fb42287e95b2f4ecaedf357');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (6, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'order_pay', 1000, '2026-11-13T09:00:00.123456Z', '2026-11-03 09:00:00.123456+00:00', 3, 3, 'order:monthly:grant', 'paid_grant', '43c4d6a42b821fc0cc1bf2c36b425e0d2a4bf7cb85a0375e237400ec1ae9e6c8', NULL, NULL, 3, 0, 2100, 2100, 1793696400123456, 1794560400123456, 'monthly', NULL, NULL, '6a54d03f0ff69d68d1cbfa71d1089972b8a89d81907b5187339d51df747cc837');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (7, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'order_pay', 1000, '2027-11-13T09:00:00.123456Z', '2026-11-13 09:00:00.123456+00:00', 4, 4, 'order:ORDPUHO3AY3YQLXPQRZ5HTPDRGVEM:grant', 'paid_grant', 'e5d09a0b5ad51760683ccaaed19bf30ec2896d4fb69232ccdf672dc3522ec26d', NULL, NULL, 4, 0, 2100, 2100, 1794560400123456, 1826096400123456, 'ORDPUHO3AY3YQLXPQRZ5HTPDRGVEM', NULL, NULL, 'b58d131d818a62fa0493a2a449a23dcaf170040aa07c8873e362219a1a92c3ed');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (8, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'claw_back', -250, '2027-11-03T09:00:00.123456Z', '2026-11-14 09:00:00.123456+00:00', 5, 5, 'order:once:reversal:1', 'claw_back', '0b805cfafbd53d4f66ed99e395d0bec249a42b328a2bd38284e23808837f8da3', '{"claws":{"totals":{"refund":250},"taken":250}}', 2, 2, 0, 1850, 1850, 1794646800123456, 1825232400123456, 'once', NULL, NULL, '23d0767a49166b27aa80163eb89f081c0fd8a16dbcf384e727d2ac9a3758dbbd');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (9, '01a224d8-f77a-77a1-b324-91c81982867e', 'referral', 74, NULL, '2026-11-14 09:00:00.123456+00:00', 2, 2, 'commission:once', 'grant', '71301c62a9fcd53eedd5487969e30f91ac1e4ca43be564a907f1041abd26736c', NULL, NULL, 2, 0, 174, 174, 1794646800123456, 9223372036854775807, 'once', NULL, NULL, 'bf6a1438a1a53894898d20354428375f48d24265a4fa3f9cb278321d8300067c');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (10, '01a224d8-f77a-77a1-b324-91c81982867e', 'promo', 500, '2027-12-06T09:00:00.123456Z', '2026-11-15 09:00:00.123456+00:00', 3, 3, 'promo', 'paid_grant', '6f24f0bfc46316e1223f74c6c128b8db8ca577bc6ec6afdbd31af29e01293dc1', NULL, NULL, 3, 0, 674, 674, 1794733200123456, 1828083600123456, NULL, NULL, NULL, '23ff476caab1af13f3b9d0c8fd5bfb2d2818cd773b357d4b7726be6fb1e88403');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (11, '01a224d8-f77a-77a1-b324-91c81982867e', 'promo', 30, '2026-11-16T09:00:00.123456Z', '2026-11-15 09:00:00.123456+00:00', 4, 4, 'brief', 'grant', '6e61876ef08df5f8a3fb2b44b8a53d9719724702e6130af06d6b14198a89b647', NULL, NULL, 4, 0, 704, 704, 1794733200123456, 1794819600123456, NULL, NULL, NULL, '0f52efc3a1bec8547767646d1744f5ec37ba47444e9ad06ee441c6071cdc0640');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (12, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -30, '2026-11-16T09:00:00.123456Z', '2026-11-15 09:00:00.123456+00:00', 5, 5, 'charge', 'charge', 'c8df470e834adaf97ac94e71a9e52fef6b2e13975a0967a23a64e8d1175beb1d', NULL, NULL, 4, 0, 674, 674, 1794733200123456, 1794819600123456, NULL, NULL, '{"ip":"192.0.2.8"}', 'e88d08c0b732b5ab3bf3ee6a975b0bcfa3785c673c9371fea30001669219067e');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (13, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -90, '2027-11-01T09:00:00.123456Z', '2026-11-15 09:00:00.123456+00:00', 6, 5, NULL, NULL, NULL, NULL, NULL, 1, 0, 584, 584, 1794733200123456, 1825059600123456, NULL, NULL, NULL, '371562869d7e691fe8bf5c38ebf492cca1a5f666562aeb66dfe07754ce6a4cfa');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (14, '01a224d8-f77a-77a1-b324-91c81982867e', 'refund', 20, '2027-11-01T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 7, 7, '01a224d8-f7a7-79e2-97d5-36442fa035e5', 'refund', '23788222112bdc755652e6dc992d52bfa4a682885a2ef9baf00e178b5f2f3afb', NULL, 5, 1, 0, 604, 604, 1794906000123456, 1825059600123456, NULL, NULL, NULL, 'd04026670ba44333dfe9d964e2c721925d863b79ee2a94866deecc0892f990df');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (15, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold', 0, '2027-11-01T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 8, 8, 'captured', 'hold', 'df94ee5e12ad0d36f49feae4266158e08b508d2f6ad9eedbebe2afdc787cbab7', '{"due_us":1794909600123456,"type":"ai_generation"}', NULL, 1, 30, 604, 574, 1794906000123456, 1825059600123456, NULL, NULL, NULL, '1c789c4c107efb4b541c8a1267bdbc5fe1cc69fdee86887e4b199b1d782057c2');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (16, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold', 0, '2027-12-06T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 9, 8, NULL, NULL, NULL, NULL, NULL, 3, 10, 604, 564, 1794906000123456, 1828083600123456, NULL, NULL, NULL, '4476189d6ca48f37a739c21d082d8e6543c2f1cf618a1e8461cff0176391bf05');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (17, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -15, '2027-11-01T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 10, 10, '01a224d8-f7ac-7900-8c95-b1cebb6851e9', 'capture', '3b498b063f74cc063d018f57073eca8d374c6362810b4474b4be7c549de543a2', NULL, 8, 1, -15, 589, 564, 1794906000123456, 1825059600123456, NULL, NULL, NULL, '44e17636ae200692081270f484754d6c8ee4f20fd1fe9fef40a0517f11d602b8');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (18, '01a224d8-f77a-77a1-b324-91c81982867e', 'release', 0, '2027-11-01T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 11, 10, NULL, NULL, NULL, NULL, 8, 1, -15, 589, 579, 1794906000123456, 1825059600123456, NULL, NULL, NULL, '6f2ef4ee8b0ee312fb3f2735ac1024201dc92c812f56f51e146eb9169fa58085');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (19, '01a224d8-f77a-77a1-b324-91c81982867e', 'release', 0, '2027-12-06T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 12, 10, NULL, NULL, NULL, NULL, 8, 3, -10, 589, 589, 1794906000123456, 1828083600123456, NULL, NULL, NULL, 'f8009e2186cfe5430f24fc80b3258f67494bacf56cf85ac2b8dd0c9619bae93b');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (20, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold', 0, '2027-11-01T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 13, 13, 'open', 'hold', 'dde5a284fda90a7a8ce0d77e787b8a2320dc9add38786d80f5584ce3f1c10e1e', '{"due_us":2425626000123456,"type":"ai_generation"}', NULL, 1, 15, 589, 574, 1794906000123456, 1825059600123456, NULL, NULL, NULL, '3009738dfb36a12cefa1b53acf8ad5403105ac5b2df3e770801d09ba0ad4b990');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (21, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold', 0, '2027-12-06T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 14, 13, NULL, NULL, NULL, NULL, NULL, 3, 35, 589, 539, 1794906000123456, 1828083600123456, NULL, NULL, NULL, 'c5235dac5939fdd12a72577a5d7ac73e99c780ce6b0a32137db84f6766aabdf7');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (22, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold', 0, '2027-12-06T09:00:00.123456Z', '2026-11-17 09:00:00.123456+00:00', 15, 15, 'lapsed', 'hold', '4b7d28b7863e464f8b20444e8347c6f00380b0c1cfc8e8140513b2cb067aed97', '{"due_us":1794906060123456,"type":"ai_generation"}', NULL, 3, 5, 589, 534, 1794906000123456, 1828083600123456, NULL, NULL, NULL, 'c39dac69f0bf5f27a3a2765137086ce2bb2107a3d54a73d4dbd51bf2720e569b');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (23, '01a224d8-f77a-77a1-b324-91c81982867e', 'hold_timeout', 0, '2027-12-06T09:00:00.123456Z', '2026-11-17 09:01:00.123456+00:00', 16, 16, NULL, 'timeout', NULL, NULL, 15, 3, -5, 589, 539, 1794906060123456, 1828083600123456, NULL, NULL, NULL, '37f76d1bd3f30a80e8fafa0399bdd415c85884b50564ad06ac28d373846afb65');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (24, '01a224d8-f77a-77a1-b324-91c81982867e', 'promo', 400, NULL, '2026-11-18 09:00:00.123456+00:00', 17, 17, 'taken', 'grant', 'b9b34c2fdc96ab7d440240c3b849b4196a16eeb86adc447108e4076f4864b59b', NULL, NULL, 17, 0, 989, 939, 1794992400123456, 9223372036854775807, NULL, NULL, NULL, 'f8b5f1a5d9ffe11a8f39a9d68514e47dbabf723c6be2780a26f538110fc9869b');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (25, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -465, '2027-12-06T09:00:00.123456Z', '2026-11-18 09:00:00.123456+00:00', 18, 18, 'large', 'charge', '5ee94fa61aa4c66fc7be84fdf146c6ef38d291d88a77bd5207d17a71c68adfa6', NULL, NULL, 3, 0, 524, 474, 1794992400123456, 1828083600123456, NULL, NULL, NULL, '612b15d38c7f78b9a80fc3e89c75171ab1d5954f50c308869c84794ac9506947');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (26, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -74, NULL, '2026-11-18 09:00:00.123456+00:00', 19, 18, NULL, NULL, NULL, NULL, NULL, 2, 0, 450, 400, 1794992400123456, 9223372036854775807, NULL, NULL, NULL, '91f61dbfff2e44646aa428f976a1799c2249264e108eb334fa21de1920d7a895');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (27, '01a224d8-f77a-77a1-b324-91c81982867e', 'ai_generation', -361, NULL, '2026-11-18 09:00:00.123456+00:00', 20, 18, NULL, NULL, NULL, NULL, NULL, 17, 0, 89, 39, 1794992400123456, 9223372036854775807, NULL, NULL, NULL, '91978ac94d2b002d07d51dd917ca0494043cab0e3ed662ad825b108302024cb7');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (28, '01a224d8-f77a-77a1-b324-91c81982867e', 'claw_back', -39, NULL, '2026-11-18 09:00:00.123456+00:00', 21, 21, '01a224d8-f7ba-71c3-ab28-bd6173b66761', 'claw_back', '4f24756fddeda754c360adf33aad668170bb3f00efceb2e4f55124f832a9fb48', '{"claws":{"totals":{"refund":400},"taken":39,"debt":361}}', 17, 17, 0, 50, 0, 1794992400123456, 9223372036854775807, NULL, NULL, NULL, '48aafe76fc4f5126fc8efc8e6830cc1960d890cd0057b7c568b985beafef4b52');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (29, '01a224d8-f77a-77a1-b324-91c81982867e', 'claw_back', -361, NULL, '2026-11-18 09:00:00.123456+00:00', 22, 21, NULL, NULL, NULL, NULL, 17, -1, 0, -311, 0, 1794992400123456, 9223372036854775807, NULL, NULL, NULL, '0f626223de732cf9c88a6ed2b725cd9f58c42fb9b2896d6d5638c94d1986f144');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (30, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'ping', 1, '2027-11-18T09:00:00.123456Z', '2026-11-18 09:00:00.123456+00:00', 6, 6, 'ping:2026-11-18', 'grant', '820752e48fe9710135ae1017aec438460500c6cbcd272bc1e1d2e0ae5ce77753', NULL, NULL, 6, 0, 1851, 1851, 1794992400123456, 1826528400123456, NULL, NULL, NULL, 'c775116e0a93951e5fb09a34de3cf7ce478463b5b9e84029095ca68e4616319b');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (31, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'ai_generation', -5, '2027-11-01T09:00:00.123456Z', '2026-11-19 09:00:00.123456+00:00', 7, 7, 'generation:gen_pending:charge', 'charge', 'a8c097051655f383fe25abd3852c1cffbc549fae25612e4c68d91b35902c5e7b', NULL, NULL, 1, 0, 1846, 1846, 1795078800123456, 1825059600123456, NULL, 'gen_pending', NULL, '37e6457d22d817e0555a9d0ae4b22a7132fe3cf8c0732b51d2b757b3fb868ae5');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (32, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'ai_generation', -5, '2027-11-01T09:00:00.123456Z', '2026-11-19 09:00:00.123456+00:00', 8, 8, 'generation:gen_completed:charge', 'charge', 'b896bac4a5675fc9e40c86d32ca6bb9b7827c220c34e21a986cc1cf5b4ff728f', NULL, NULL, 1, 0, 1841, 1841, 1795078800123456, 1825059600123456, NULL, 'gen_completed', NULL, 'bbb3aac75d0dfd400f1380819e9a9c343f228bc1e4d5de129f38ec122391bcc3');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (33, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'ai_generation', -5, '2027-11-01T09:00:00.123456Z', '2026-11-19 09:00:00.123456+00:00', 9, 9, 'generation:gen_failed:charge', 'charge', '708ddb1f1fdb208301d865775e0d580e6bda0c1e91846b946e7272af2fcf08ca', NULL, NULL, 1, 0, 1836, 1836, 1795078800123456, 1825059600123456, NULL, 'gen_failed', NULL, '70b5aec60c79f0ad29543b96d6edf191ce059f51aa510c18f345920bf9031f16');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (34, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'refund', 5, '2027-11-01T09:00:00.123456Z', '2026-11-19 09:00:00.123456+00:00', 10, 10, 'generation:gen_failed:refund', 'refund', 'e6cbb8c6e3ed4671cf91678467cfb5aa80d98c74dba64771b37b260e5608360a', NULL, 9, 1, 0, 1841, 1841, 1795078800123456, 1825059600123456, NULL, 'gen_failed', NULL, '5c88a3cd483dab8a49e8ee41cd86bdf0f1451231a011697cfa46b096416e5703');
--
INSERT INTO credits_trans ("id", "user_uuid", "trans_type", "credits", "expired_at", "created_at", "seq", "op_seq", "op_key", "op_kind", "op_hash", "op_data", "target_seq", "lot", "held", "balance", "available", "at_us", "expires_us", "order_no", "gen_id", "metadata", "hash") VALUES (35, '01a224d8-f77c-7a13-840b-3844fea1dc37', 'hold', 0, '2027-11-01T09:00:00.123456Z', '2026-11-19 09:00:00.123456+00:00', 11, 11, 'generation:gen_held:hold', 'hold', 'e68c3a8cad2da140b6f70db1828a16edbe62c417d19593a261921139a8649eb3', '{"due_us":2425798800123456,"type":"ai_generation"}', NULL, 1, 60, 1841, 1781, 1795078800123456, 1825059600123456, NULL, 'gen_held', NULL, '1559495432bd634601d67719dade8022b3fa91c8b305a5db75ab973ad1c533f5');
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 1, 100, 0, 15, 0, 1, 1825059600123456, 1793523600123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 2, 74, 0, 0, 0, 0, 9223372036854775807, 1794646800123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 3, 500, 0, 35, 1, 1, 1828083600123456, 1794733200123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 4, 30, 0, 0, 0, 0, 1794819600123456, 1794733200123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 17, 400, 0, 0, 0, 0, 9223372036854775807, 1794992400123456, '{"totals":{"refund":400},"taken":39,"debt":361}');
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 1, 100, 0, 60, 0, 1, 1825059600123456, 1793523600123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 2, 1000, 750, 0, 1, 1, 1825232400123456, 1793696400123456, '{"totals":{"refund":250},"taken":250}');
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 3, 1000, 1000, 0, 1, 0, 1794560400123456, 1793696400123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 4, 1000, 1000, 0, 1, 1, 1826096400123456, 1794560400123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 6, 1, 1, 0, 0, 1, 1826528400123456, 1794992400123456, NULL);
--
INSERT INTO credits_lots ("user_uuid", "lot", "granted", "free", "held", "paid", "live", "expires_us", "created_us", "claws") VALUES ('01a224d8-f780-75f2-bd20-4870433a4c49', 1, 100, 0, 0, 0, 1, 1825059600123456, 1793523600123456, NULL);
--
INSERT INTO credits_holds ("user_uuid", "hold_seq", "hold_key", "amount", "captured", "remaining", "status", "due_us", "created_us", "trans_type", "allocations") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 8, 'captured', 40, 15, 0, 'captured', 1794909600123456, 1794906000123456, 'ai_generation', NULL);
--
INSERT INTO credits_holds ("user_uuid", "hold_seq", "hold_key", "amount", "captured", "remaining", "status", "due_us", "created_us", "trans_type", "allocations") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 13, 'open', 50, 0, 50, 'active', 2425626000123456, 1794906000123456, 'ai_generation', '[{"lot":1,"amount":15},{"lot":3,"amount":35}]');
--
INSERT INTO credits_holds ("user_uuid", "hold_seq", "hold_key", "amount", "captured", "remaining", "status", "due_us", "created_us", "trans_type", "allocations") VALUES ('01a224d8-f77a-77a1-b324-91c81982867e', 15, 'lapsed', 5, 0, 0, 'timed_out', 1794906060123456, 1794906000123456, 'ai_generation', NULL);
--
INSERT INTO credits_holds ("user_uuid", "hold_seq", "hold_key", "amount", "captured", "remaining", "status", "due_us", "created_us", "trans_type", "allocations") VALUES ('01a224d8-f77c-7a13-840b-3844fea1dc37', 11, 'generation:gen_held:hold', 60, 0, 60, 'active', 2425798800123456, 1795078800123456, 'ai_generation', '[{"lot":1,"amount":60}]');
--
INSERT INTO orders ("id", "order_no", "user_uuid", "product_id", "product_name", "amount", "currency", "status", "pay_type", "sub_id", "interval", "created_at", "paid_at", "paid_amount", "credits", "credits_expire_at", "period_start", "period_end", "renewal_key", "first_order_no", "pay_ref", "refunded_amount", "refunded_credits", "refunded_at", "reversals", "failure_reason", "sub_ended_at", "updated_at") VALUES (1, 'once', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'pro', NULL, 1999, 'USD', 'paid', 'stripe', NULL, 'one-time', '2026-11-03 09:00:00.123456+00:00', '2026-11-03 09:00:00.123456+00:00', 1999, 1000, '2027-11-03 09:00:00.123456+00:00', NULL, NULL, NULL, NULL, 'pi_once', 500, 250, '2026-11-14 09:00:00.123456+00:00', '{"refunds":{"":500},"changes":1}', NULL, NULL, '2026-11-14 09:00:00.123456+00:00');
--
INSERT INTO orders ("id", "order_no", "user_uuid", "product_id", "product_name", "amount", "currency", "status", "pay_type", "sub_id", "interval", "created_at", "paid_at", "paid_amount", "credits", "credits_expire_at", "period_start", "period_end", "renewal_key", "first_order_no", "pay_ref", "refunded_amount", "refunded_credits", "refunded_at", "reversals", "failure_reason", "sub_ended_at", "updated_at") VALUES (2, 'waiting', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'pro', NULL, 1999, 'USD', 'pending', 'stripe', NULL, 'one-time', '2026-11-03 09:00:00.123456+00:00', NULL, NULL, 1000, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, '2026-11-03 09:00:00.123456+00:00');
--
INSERT INTO orders ("id", "order_no", "user_uuid", "product_id", "product_name", "amount", "currency", "status", "pay_type", "sub_id", "interval", "created_at", "paid_at", "paid_amount", "credits", "credits_expire_at", "period_start", "period_end", "renewal_key", "first_order_no", "pay_ref", "refunded_amount", "refunded_credits", "refunded_at", "reversals", "failure_reason", "sub_ended_at", "updated_at") VALUES (3, 'monthly', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'pro', NULL, 1999, 'USD', 'paid', 'stripe', 'sub_1', 'month', '2026-11-03 09:00:00.123456+00:00', '2026-11-03 09:00:00.123456+00:00', 1999, 1000, '2026-11-13 09:00:00.123456+00:00', '2026-11-03 09:00:00.123456+00:00', '2026-11-13 09:00:00.123456+00:00', 'sub_1@2026-11-03T09:00:00.123456Z', NULL, 'pi_monthly', 0, 0, NULL, NULL, NULL, NULL, '2026-11-03 09:00:00.123456+00:00');
--
INSERT INTO orders ("id", "order_no", "user_uuid", "product_id", "product_name", "amount", "currency", "status", "pay_type", "sub_id", "interval", "created_at", "paid_at", "paid_amount", "credits", "credits_expire_at", "period_start", "period_end", "renewal_key", "first_order_no", "pay_ref", "refunded_amount", "refunded_credits", "refunded_at", "reversals", "failure_reason", "sub_ended_at", "updated_at") VALUES (4, 'ORDPUHO3AY3YQLXPQRZ5HTPDRGVEM', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'pro', NULL, 1999, 'USD', 'paid', 'stripe', 'sub_1', 'month', '2026-11-13 09:00:00.123456+00:00', '2026-11-13 09:00:00.123456+00:00', 1999, 1000, '2027-11-13 09:00:00.123456+00:00', '2026-11-13 09:00:00.123456+00:00', '2027-11-13 09:00:00.123456+00:00', 'sub_1@2026-11-13T09:00:00.123456Z', 'monthly', 'pi_renewal', 0, 0, NULL, NULL, NULL, NULL, '2026-11-13 09:00:00.123456+00:00');
--
INSERT INTO affiliates ("id", "user_uuid", "order_uuid", "customer_email", "order_amount", "commission_rate", "commission_amount", "status", "created_at", "order_key", "customer_uuid", "currency", "reversed_amount", "approved_at", "rejected_at", "paid_at", "paid_amount", "converted_at", "converted_credits", "updated_at") VALUES (1, '01a224d8-f77a-77a1-b324-91c81982867e', 'once', 'bob@example.com', 1999, 5, 74, 'paid', '2026-11-03 09:00:00.123456+00:00', 'once', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'USD', 25, '2026-11-14 09:00:00.123456+00:00', NULL, '2026-11-14 09:00:00.123456+00:00', 74, '2026-11-14 09:00:00.123456+00:00', 74, '2026-11-14 09:00:00.123456+00:00');
--
INSERT INTO affiliates ("id", "user_uuid", "order_uuid", "customer_email", "order_amount", "commission_rate", "commission_amount", "status", "created_at", "order_key", "customer_uuid", "currency", "reversed_amount", "approved_at", "rejected_at", "paid_at", "paid_amount", "converted_at", "converted_credits", "updated_at") VALUES (2, '01a224d8-f77a-77a1-b324-91c81982867e', 'monthly', 'bob@example.com', 1999, 5, 99, 'pending', '2026-11-03 09:00:00.123456+00:00', 'monthly', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'USD', 0, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-03 09:00:00.123456+00:00');
--
INSERT INTO affiliates ("id", "user_uuid", "order_uuid", "customer_email", "order_amount", "commission_rate", "commission_amount", "status", "created_at", "order_key", "customer_uuid", "currency", "reversed_amount", "approved_at", "rejected_at", "paid_at", "paid_amount", "converted_at", "converted_credits", "updated_at") VALUES (3, '01a224d8-f77a-77a1-b324-91c81982867e', 'ORDPUHO3AY3YQLXPQRZ5HTPDRGVEM', 'bob@example.com', 1999, 5, 99, 'pending', '2026-11-13 09:00:00.123456+00:00', 'ORDPUHO3AY3YQLXPQRZ5HTPDRGVEM', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'USD', 0, NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-13 09:00:00.123456+00:00');
--
INSERT INTO ai_provider_keys ("id", "provider_name", "api_key", "model_config", "is_enabled", "updated_at", "created_at") VALUES (1, 'openai', 'chameleon.sealed.v1.ATIhPhlNNt5L-GHnHvIlKF3t1GJ9IXGkG-fBcHTNEgTYFZIZg65t5Q', NULL, 1, '2026-11-20 09:00:00.123456+00:00', '2026-11-20 09:00:00.123456+00:00');
--
INSERT INTO generations ("id", "gen_id", "user_uuid", "ai_type", "provider", "model", "prompt", "result_urls", "status", "credits_cost", "created_at", "completed_at", "error_message", "request_key", "charge_key", "hold_key", "credits_refunded", "started_at", "updated_at") VALUES (1, 'gen_pending', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'image', 'openai', 'dall-e-3', 'a cat', NULL, 'pending', 5, '2026-11-19 09:00:00.123456+00:00', NULL, NULL, 'pending', 'generation:gen_pending:charge', NULL, 0, NULL, '2026-11-19 09:00:00.123456+00:00');
--
INSERT INTO generations ("id", "gen_id", "user_uuid", "ai_type", "provider", "model", "prompt", "result_urls", "status", "credits_cost", "created_at", "completed_at", "error_message", "request_key", "charge_key", "hold_key", "credits_refunded", "started_at", "updated_at") VALUES (2, 'gen_completed', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'image', 'openai', 'dall-e-3', 'a cat', '["https://example.com/1.png"]', 'completed', 5, '2026-11-19 09:00:00.123456+00:00', '2026-11-19 09:00:00.123456+00:00', NULL, 'completed', 'generation:gen_completed:charge', NULL, 0, NULL, '2026-11-19 09:00:00.123456+00:00');
--
INSERT INTO generations ("id", "gen_id", "user_uuid", "ai_type", "provider", "model", "prompt", "result_urls", "status", "credits_cost", "created_at", "completed_at", "error_message", "request_key", "charge_key", "hold_key", "credits_refunded", "started_at", "updated_at") VALUES (3, 'gen_failed', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'image', 'openai', 'dall-e-3', 'a cat', NULL, 'failed', 5, '2026-11-19 09:00:00.123456+00:00', '2026-11-19 09:00:00.123456+00:00', 'refused', 'failed', 'generation:gen_failed:charge', NULL, 5, NULL, '2026-11-19 09:00:00.123456+00:00');
--
INSERT INTO generations ("id", "gen_id", "user_uuid", "ai_type", "provider", "model", "prompt", "result_urls", "status", "credits_cost", "created_at", "completed_at", "error_message", "request_key", "charge_key", "hold_key", "credits_refunded", "started_at", "updated_at") VALUES (4, 'gen_held', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'text', 'openai', 'gpt', 'a poem', NULL, 'pending', 60, '2026-11-19 09:00:00.123456+00:00', NULL, NULL, 'held', NULL, 'generation:gen_held:hold', 0, NULL, '2026-11-19 09:00:00.123456+00:00');
--
INSERT INTO apikeys ("id", "name", "key", "user_uuid", "status", "created_at", "prefix", "last_used_at", "revoked_at", "updated_at") VALUES (1, 'laptop', 'sha256:fdb2c418fe5f814a2281013d681f1bd5ecb63d1e4e8119d1a9a4855fdc76cf8b', '01a224d8-f77c-7a13-840b-3844fea1dc37', 'active', '2026-11-20 09:00:00.123456+00:00', 'chm_live_AF4i', NULL, NULL, '2026-11-20 09:00:00.123456+00:00');
--
INSERT INTO posts ("id", "uuid", "title", "description", "content", "slug", "locale", "status", "created_at", "updated_at", "slug_key", "published_at") VALUES (1, '01a224d8-f7cc-75ca-a6b6-2a5da50706f5', 'Привет, мир', NULL, '# Hi
\n ''x''', 'привет-мир', 'ru', 'published', '2026-11-20 09:00:00.123456+00:00', '2026-11-20 09:00:00.123456+00:00', 'ru/привет-мир', '2026-11-20 09:00:00.123456+00:00');
--
INSERT INTO feedbacks ("id", "user_uuid", "content", "rating", "created_at") VALUES (1, '01a224d8-f77a-77a1-b324-91c81982867e', 'good', 5, '2026-11-20 09:00:00.123456+00:00');
--
