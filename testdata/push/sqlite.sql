CREATE TABLE `users` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `uuid` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL,
  `nickname` varchar(255) NULL,
  `avatar_url` varchar(255) NULL,
  `invite_code` varchar(255) NOT NULL,
  `invited_by` varchar(255) NULL,
  `is_affiliate` boolean NOT NULL DEFAULT false,
  `created_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `deleted_at` timestamp NULL,
  `email_unverified` boolean NOT NULL DEFAULT false,
  `former_emails` text NULL,
  `former_identities` text NULL,
  `welcome_credits` bigint NULL,
  `email_search` varchar(255) NULL,
  `nickname_search` varchar(255) NULL,
  `counted` bigint NULL,
  `original` boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX `users_uuid_unique` ON `users` (`uuid`);
CREATE UNIQUE INDEX `users_invite_code_unique` ON `users` (`invite_code`);
CREATE UNIQUE INDEX `email_unique_idx` ON `users` (`email`);
CREATE INDEX `users_invited_by_created_at_idx_utc` ON `users` (`invited_by`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `users_created_at_idx_utc` ON `users` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `users_counted_created_at_idx_utc` ON `users` (`counted`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `users_is_affiliate_idx_utc` ON `users` (`is_affiliate`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `users_deleted_at_idx_utc` ON `users` ((CASE WHEN substr(`deleted_at`, 11, 1) = ' ' AND substr(`deleted_at`, -6) = '+00:00' AND (length(`deleted_at`) = 25 OR length(`deleted_at`) BETWEEN 27 AND 32 AND substr(`deleted_at`, -7, 1) <> '0') THEN `deleted_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`deleted_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`deleted_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`deleted_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`deleted_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`deleted_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`deleted_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`deleted_at`, 20, min(7, length(`deleted_at`) - 19 - length(ltrim(substr(`deleted_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`) WHERE deleted_at IS NOT NULL;
CREATE INDEX `users_email_search_idx` ON `users` (`email_search`, `id`);
CREATE INDEX `users_nickname_search_idx` ON `users` (`nickname_search`);
CREATE INDEX `users_original_idx` ON `users` (`original`, `email`);
CREATE TABLE `user_identities` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `provider` varchar(50) NOT NULL,
  `subject` varchar(255) NOT NULL,
  `email` varchar(255) NULL,
  `email_verified` boolean NOT NULL DEFAULT false,
  `created_at` timestamp NULL,
  `updated_at` timestamp NULL
);
CREATE UNIQUE INDEX `user_identities_provider_subject_unique` ON `user_identities` (`provider`, `subject`);
CREATE INDEX `user_identities_user_uuid_idx` ON `user_identities` (`user_uuid`);
CREATE TABLE `welcome_claims` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `claim` varchar(64) NOT NULL,
  `created_at` timestamp NULL
);
CREATE UNIQUE INDEX `welcome_claims_claim_unique` ON `welcome_claims` (`claim`);
CREATE INDEX `welcome_claims_created_at_idx` ON `welcome_claims` (`created_at`);
CREATE TABLE `credits` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `left_credits` bigint NOT NULL DEFAULT 0,
  `total_credits` bigint NOT NULL DEFAULT 0,
  `updated_at` timestamp NULL,
  `seq` bigint NOT NULL DEFAULT 0,
  `balance` bigint NOT NULL DEFAULT 0,
  `held_credits` bigint NOT NULL DEFAULT 0,
  `debt_credits` bigint NOT NULL DEFAULT 0,
  `expired_credits` bigint NOT NULL DEFAULT 0,
  `open_lot` bigint NOT NULL DEFAULT 0,
  `open_left` bigint NOT NULL DEFAULT 0,
  `open_expires_us` bigint NOT NULL DEFAULT 0,
  `as_of_us` bigint NOT NULL DEFAULT 0,
  `next_event_us` bigint NOT NULL DEFAULT 0,
  `active_holds` integer NOT NULL DEFAULT 0,
  `head_hash` varchar(64) NULL,
  `archived_seq` bigint NOT NULL DEFAULT 0,
  `call_id` bigint NULL,
  `low_mark` bigint NOT NULL DEFAULT 0,
  `event_seq` bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX `credits_user_uuid_unique` ON `credits` (`user_uuid`);
CREATE INDEX `credits_next_event_us_idx` ON `credits` (`next_event_us`);
CREATE TABLE `credits_trans` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `trans_type` varchar(50) NOT NULL,
  `credits` bigint NOT NULL,
  `expired_at` varchar(255) NULL,
  `created_at` timestamp NULL,
  `seq` bigint NULL,
  `op_seq` bigint NULL,
  `op_key` varchar(255) NULL,
  `op_kind` varchar(20) NULL,
  `op_hash` varchar(64) NULL,
  `op_data` text NULL,
  `target_seq` bigint NULL,
  `lot` bigint NULL,
  `held` bigint NOT NULL DEFAULT 0,
  `balance` bigint NOT NULL DEFAULT 0,
  `available` bigint NOT NULL DEFAULT 0,
  `at_us` bigint NULL,
  `expires_us` bigint NULL,
  `order_no` varchar(255) NULL,
  `gen_id` varchar(255) NULL,
  `metadata` text NULL,
  `metadata_salt` varchar(64) NULL,
  `hash` varchar(64) NULL,
  `call_id` bigint NULL
);
CREATE UNIQUE INDEX `credits_trans_op_key_unique` ON `credits_trans` (`user_uuid`, `op_key`);
CREATE UNIQUE INDEX `credits_trans_seq_unique` ON `credits_trans` (`user_uuid`, `seq`);
CREATE INDEX `credits_trans_target_seq_idx` ON `credits_trans` (`user_uuid`, `target_seq`) WHERE target_seq IS NOT NULL;
CREATE INDEX `credits_trans_at_us_idx` ON `credits_trans` (`user_uuid`, `at_us`);
CREATE TABLE `credits_trans_archive` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `trans_type` varchar(50) NOT NULL,
  `credits` bigint NOT NULL,
  `expired_at` varchar(255) NULL,
  `created_at` timestamp NULL,
  `seq` bigint NULL,
  `op_seq` bigint NULL,
  `op_key` varchar(255) NULL,
  `op_kind` varchar(20) NULL,
  `op_hash` varchar(64) NULL,
  `op_data` text NULL,
  `target_seq` bigint NULL,
  `lot` bigint NULL,
  `held` bigint NOT NULL DEFAULT 0,
  `balance` bigint NOT NULL DEFAULT 0,
  `available` bigint NOT NULL DEFAULT 0,
  `at_us` bigint NULL,
  `expires_us` bigint NULL,
  `order_no` varchar(255) NULL,
  `gen_id` varchar(255) NULL,
  `metadata` text NULL,
  `metadata_salt` varchar(64) NULL,
  `hash` varchar(64) NULL,
  `call_id` bigint NULL
);
CREATE UNIQUE INDEX `credits_trans_archive_op_key_unique` ON `credits_trans_archive` (`user_uuid`, `op_key`);
CREATE UNIQUE INDEX `credits_trans_archive_seq_unique` ON `credits_trans_archive` (`user_uuid`, `seq`);
CREATE INDEX `credits_trans_archive_target_seq_idx` ON `credits_trans_archive` (`user_uuid`, `target_seq`) WHERE target_seq IS NOT NULL;
CREATE INDEX `credits_trans_archive_at_us_idx` ON `credits_trans_archive` (`user_uuid`, `at_us`);
CREATE TABLE `credits_lots` (
  `user_uuid` varchar(255) NOT NULL,
  `lot` bigint NOT NULL,
  `granted` bigint NOT NULL DEFAULT 0,
  `free` bigint NOT NULL DEFAULT 0,
  `held` bigint NOT NULL DEFAULT 0,
  `paid` boolean NOT NULL DEFAULT false,
  `live` boolean NOT NULL DEFAULT false,
  `expires_us` bigint NOT NULL DEFAULT 0,
  `created_us` bigint NOT NULL DEFAULT 0,
  `origin` bigint NOT NULL DEFAULT 0,
  `claws` text NULL,
  `noticed` boolean NOT NULL DEFAULT false,
  PRIMARY KEY (`user_uuid`, `lot`)
);
CREATE INDEX `credits_lots_burn_idx` ON `credits_lots` (`user_uuid`, `live`, `expires_us`, `paid`, `lot`);
CREATE INDEX `credits_lots_expires_us_idx` ON `credits_lots` (`expires_us`, `user_uuid`, `lot`);
CREATE TABLE `credits_holds` (
  `user_uuid` varchar(255) NOT NULL,
  `hold_seq` bigint NOT NULL,
  `hold_key` varchar(255) NOT NULL,
  `amount` bigint NOT NULL DEFAULT 0,
  `captured` bigint NOT NULL DEFAULT 0,
  `remaining` bigint NOT NULL DEFAULT 0,
  `status` varchar(20) NOT NULL,
  `due_us` bigint NOT NULL DEFAULT 0,
  `created_us` bigint NOT NULL DEFAULT 0,
  `trans_type` varchar(50) NOT NULL,
  `allocations` text NULL,
  PRIMARY KEY (`user_uuid`, `hold_seq`)
);
CREATE INDEX `credits_holds_due_idx` ON `credits_holds` (`user_uuid`, `status`, `due_us`);
CREATE TABLE `credits_budgets` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `name` varchar(255) NOT NULL,
  `per_day` bigint NOT NULL DEFAULT 0,
  `per_month` bigint NOT NULL DEFAULT 0,
  `in_all` bigint NOT NULL DEFAULT 0,
  `zone` varchar(64) NULL,
  `spent_day` bigint NOT NULL DEFAULT 0,
  `day` varchar(10) NULL,
  `spent_month` bigint NOT NULL DEFAULT 0,
  `month` varchar(7) NULL,
  `spent_in_all` bigint NOT NULL DEFAULT 0,
  `updated_at` timestamp NULL
);
CREATE UNIQUE INDEX `credits_budgets_name_unique` ON `credits_budgets` (`user_uuid`, `name`);
CREATE TABLE `chameleon_events` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `seq` bigint NOT NULL,
  `event_id` varchar(36) NOT NULL,
  `type` varchar(100) NOT NULL,
  `version` integer NOT NULL DEFAULT 1,
  `at_us` bigint NOT NULL,
  `created_at` timestamp NULL,
  `data` text NOT NULL,
  `due_us` bigint NULL,
  `lease` varchar(36) NULL,
  `attempts` integer NOT NULL DEFAULT 0,
  `last_error` text NULL,
  `parked_at` timestamp NULL,
  `done_us` bigint NULL
);
CREATE UNIQUE INDEX `chameleon_events_seq_unique` ON `chameleon_events` (`user_uuid`, `seq`);
CREATE INDEX `chameleon_events_due_us_idx` ON `chameleon_events` (`due_us`, `id`) WHERE due_us IS NOT NULL;
CREATE INDEX `chameleon_events_parked_at_idx_utc` ON `chameleon_events` ((CASE WHEN substr(`parked_at`, 11, 1) = ' ' AND substr(`parked_at`, -6) = '+00:00' AND (length(`parked_at`) = 25 OR length(`parked_at`) BETWEEN 27 AND 32 AND substr(`parked_at`, -7, 1) <> '0') THEN `parked_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`parked_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`parked_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`parked_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`parked_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`parked_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`parked_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`parked_at`, 20, min(7, length(`parked_at`) - 19 - length(ltrim(substr(`parked_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `chameleon_events_done_us_idx` ON `chameleon_events` (`done_us`, `id`) WHERE done_us IS NOT NULL;
CREATE TABLE `chameleon_totals` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `series` varchar(50) NOT NULL,
  `width` bigint NOT NULL,
  `start` bigint NOT NULL,
  `name` varchar(50) NOT NULL,
  `n` bigint NOT NULL,
  `gross` bigint NOT NULL DEFAULT 0,
  `refunded` bigint NOT NULL DEFAULT 0,
  `tax` bigint NOT NULL DEFAULT 0,
  `guard` varchar(50) NULL
);
CREATE INDEX `chameleon_totals_idx` ON `chameleon_totals` (`series`, `width`, `start`, `name`, `n`, `gross`, `refunded`, `tax`);
CREATE UNIQUE INDEX `chameleon_totals_guard_unique` ON `chameleon_totals` (`guard`);
CREATE TABLE `affiliates` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NOT NULL,
  `order_uuid` varchar(255) NULL,
  `customer_email` varchar(255) NULL,
  `order_amount` bigint NOT NULL DEFAULT 0,
  `commission_rate` integer NOT NULL DEFAULT 0,
  `commission_amount` bigint NOT NULL DEFAULT 0,
  `status` varchar(50) NULL,
  `created_at` timestamp NULL,
  `order_key` varchar(255) NULL,
  `customer_uuid` varchar(255) NULL,
  `currency` varchar(10) NULL,
  `reversed_amount` bigint NOT NULL DEFAULT 0,
  `approved_at` timestamp NULL,
  `rejected_at` timestamp NULL,
  `refund_rejected_at` timestamp NULL,
  `paid_at` timestamp NULL,
  `paid_amount` bigint NULL,
  `converted_at` timestamp NULL,
  `converted_credits` bigint NULL,
  `converted_expire_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `claw_backs` text NULL
);
CREATE UNIQUE INDEX `affiliates_order_key_unique` ON `affiliates` (`order_key`);
CREATE INDEX `affiliates_order_uuid_idx` ON `affiliates` (`order_uuid`);
CREATE INDEX `affiliates_user_uuid_created_at_idx_utc` ON `affiliates` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `affiliates_status_created_at_idx_utc` ON `affiliates` (`status`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `affiliates_created_at_idx_utc` ON `affiliates` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `affiliates_customer_uuid_idx` ON `affiliates` (`customer_uuid`);
CREATE TABLE `orders` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `order_no` varchar(255) NOT NULL,
  `user_uuid` varchar(255) NOT NULL,
  `product_id` varchar(255) NULL,
  `product_name` varchar(255) NULL,
  `amount` bigint NOT NULL,
  `currency` varchar(10) NULL,
  `status` varchar(50) NOT NULL,
  `pay_type` varchar(50) NULL,
  `sub_id` varchar(255) NULL,
  `interval` varchar(50) NULL,
  `created_at` timestamp NULL,
  `paid_at` timestamp NULL,
  `paid_amount` bigint NULL,
  `paid_tax` bigint NOT NULL DEFAULT 0,
  `credits` bigint NULL,
  `ordered_credits` bigint NULL,
  `credits_expire_at` timestamp NULL,
  `period_start` timestamp NULL,
  `period_end` timestamp NULL,
  `renewal_key` varchar(255) NULL,
  `first_order_no` varchar(255) NULL,
  `pay_ref` varchar(255) NULL,
  `customer_ref` varchar(255) NULL,
  `grant_key` varchar(255) NULL,
  `refunded_amount` bigint NOT NULL DEFAULT 0,
  `refunded_credits` bigint NOT NULL DEFAULT 0,
  `refunded_at` timestamp NULL,
  `reversals` text NULL,
  `failure_reason` text NULL,
  `sub_ended_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `carried_from` varchar(255) NULL,
  `carried_regrants` integer NULL,
  `carried_net` bigint NULL,
  `carry_over` bigint NULL,
  `carry_over_within` bigint NULL,
  `referrer_uuid` varchar(255) NULL,
  `commission_rate` integer NULL,
  `commission_amount` bigint NULL,
  `quantity` bigint NULL,
  `price_id` varchar(255) NULL,
  `worth` bigint NULL,
  `from_balance` bigint NOT NULL DEFAULT 0,
  `refunded_balance` bigint NOT NULL DEFAULT 0,
  `gives_back` bigint NOT NULL DEFAULT 0,
  `takes_back` bigint NOT NULL DEFAULT 0,
  `replaced_by` varchar(255) NULL,
  `moved_credits` bigint NOT NULL DEFAULT 0,
  `regrants` integer NULL,
  `granted` bigint NULL,
  `grace` bigint NULL,
  `grants` integer NULL,
  `grants_made` integer NULL,
  `next_grant_at` timestamp NULL,
  `part_of` varchar(255) NULL,
  `bill_parts` text NULL,
  `counted` bigint NULL,
  `revision` bigint NULL
);
CREATE UNIQUE INDEX `orders_order_no_unique` ON `orders` (`order_no`);
CREATE INDEX `orders_user_uuid_paid_at_idx_utc` ON `orders` (`user_uuid`, (CASE WHEN substr(`paid_at`, 11, 1) = ' ' AND substr(`paid_at`, -6) = '+00:00' AND (length(`paid_at`) = 25 OR length(`paid_at`) BETWEEN 27 AND 32 AND substr(`paid_at`, -7, 1) <> '0') THEN `paid_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`paid_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`paid_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`paid_at`, 20, min(7, length(`paid_at`) - 19 - length(ltrim(substr(`paid_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `orders_user_uuid_created_at_idx_utc` ON `orders` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE UNIQUE INDEX `orders_renewal_key_unique` ON `orders` (`renewal_key`);
CREATE INDEX `orders_sub_id_created_at_idx_utc` ON `orders` (`sub_id`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END));
CREATE INDEX `orders_pay_ref_idx` ON `orders` (`pay_ref`);
CREATE INDEX `orders_status_created_at_idx_utc` ON `orders` (`status`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `orders_created_at_idx_utc` ON `orders` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `orders_counted_paid_at_idx_utc` ON `orders` (`counted`, (CASE WHEN substr(`paid_at`, 11, 1) = ' ' AND substr(`paid_at`, -6) = '+00:00' AND (length(`paid_at`) = 25 OR length(`paid_at`) BETWEEN 27 AND 32 AND substr(`paid_at`, -7, 1) <> '0') THEN `paid_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`paid_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`paid_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`paid_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`paid_at`, 20, min(7, length(`paid_at`) - 19 - length(ltrim(substr(`paid_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `status`, `currency`, `paid_amount`, `amount`, `paid_tax`, `refunded_amount`);
CREATE INDEX `orders_replaced_by_idx` ON `orders` (`replaced_by`);
CREATE INDEX `orders_next_grant_at_idx` ON `orders` (`next_grant_at`, `id`);
CREATE TABLE `payments` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider` varchar(50) NOT NULL,
  `ref` varchar(255) NOT NULL,
  `invoice` varchar(255) NULL,
  `part_of` varchar(255) NULL,
  `order_no` varchar(255) NULL,
  `user_uuid` varchar(255) NULL,
  `status` varchar(50) NOT NULL,
  `gross` bigint NOT NULL DEFAULT 0,
  `tax` bigint NOT NULL DEFAULT 0,
  `discount` bigint NOT NULL DEFAULT 0,
  `net` bigint NOT NULL DEFAULT 0,
  `currency` varchar(10) NULL,
  `refunded` bigint NOT NULL DEFAULT 0,
  `disputed` bigint NOT NULL DEFAULT 0,
  `reversals` text NULL,
  `paid_at` timestamp NULL,
  `failed_at` timestamp NULL,
  `failure_reason` text NULL,
  `created_at` timestamp NULL,
  `updated_at` timestamp NULL
);
CREATE UNIQUE INDEX `payments_provider_ref_unique` ON `payments` (`provider`, `ref`);
CREATE UNIQUE INDEX `payments_provider_invoice_unique` ON `payments` (`provider`, `invoice`);
CREATE INDEX `payments_part_of_idx` ON `payments` (`part_of`);
CREATE INDEX `payments_order_no_created_at_idx_utc` ON `payments` (`order_no`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `payments_status_created_at_idx_utc` ON `payments` (`status`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `payments_created_at_idx_utc` ON `payments` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE TABLE `subscriptions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider` varchar(50) NOT NULL,
  `sub_id` varchar(255) NOT NULL,
  `user_uuid` varchar(255) NOT NULL,
  `order_no` varchar(255) NOT NULL,
  `product_id` varchar(255) NULL,
  `price_id` varchar(255) NULL,
  `quantity` bigint NULL,
  `status` varchar(50) NOT NULL,
  `period_start` timestamp NULL,
  `period_end` timestamp NULL,
  `cancel_at_period_end` boolean NOT NULL DEFAULT false,
  `trial_end` timestamp NULL,
  `ended_at` timestamp NULL,
  `as_of` timestamp NULL,
  `created_at` timestamp NULL,
  `updated_at` timestamp NULL
);
CREATE UNIQUE INDEX `subscriptions_provider_sub_id_unique` ON `subscriptions` (`provider`, `sub_id`);
CREATE INDEX `subscriptions_user_uuid_created_at_idx_utc` ON `subscriptions` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `subscriptions_order_no_idx` ON `subscriptions` (`order_no`);
CREATE INDEX `subscriptions_status_created_at_idx_utc` ON `subscriptions` (`status`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `subscriptions_created_at_idx_utc` ON `subscriptions` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE TABLE `ai_provider_keys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `provider_name` varchar(50) NOT NULL,
  `api_key` text NOT NULL,
  `model_config` text NULL,
  `is_enabled` boolean NOT NULL DEFAULT true,
  `updated_at` timestamp NULL,
  `created_at` timestamp NULL,
  `original` boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX `ai_provider_keys_provider_name_unique` ON `ai_provider_keys` (`provider_name`);
CREATE TABLE `generations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `gen_id` varchar(255) NOT NULL,
  `user_uuid` varchar(255) NOT NULL,
  `ai_type` varchar(50) NOT NULL,
  `provider` varchar(50) NOT NULL,
  `model` varchar(255) NULL,
  `prompt` text NULL,
  `result_urls` text NULL,
  `status` varchar(50) NOT NULL,
  `credits_cost` bigint NOT NULL DEFAULT 0,
  `created_at` timestamp NULL,
  `completed_at` timestamp NULL,
  `error_message` text NULL,
  `request_key` varchar(255) NULL,
  `charge_key` varchar(255) NULL,
  `hold_key` varchar(255) NULL,
  `credits_refunded` bigint NOT NULL DEFAULT 0,
  `credits_held` bigint NULL,
  `started_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `counted` bigint NULL
);
CREATE UNIQUE INDEX `generations_gen_id_unique` ON `generations` (`gen_id`);
CREATE INDEX `generations_user_uuid_created_at_idx_utc` ON `generations` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE UNIQUE INDEX `generations_user_uuid_request_key_unique` ON `generations` (`user_uuid`, `request_key`);
CREATE INDEX `generations_counted_created_at_idx_utc` ON `generations` (`counted`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`, `status`, `provider`);
CREATE INDEX `generations_status_created_at_idx_utc` ON `generations` (`status`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END));
CREATE TABLE `generations_archive` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `gen_id` varchar(255) NOT NULL,
  `user_uuid` varchar(255) NOT NULL,
  `ai_type` varchar(50) NOT NULL,
  `provider` varchar(50) NOT NULL,
  `model` varchar(255) NULL,
  `prompt` text NULL,
  `result_urls` text NULL,
  `status` varchar(50) NOT NULL,
  `credits_cost` bigint NOT NULL DEFAULT 0,
  `created_at` timestamp NULL,
  `completed_at` timestamp NULL,
  `error_message` text NULL,
  `request_key` varchar(255) NULL,
  `charge_key` varchar(255) NULL,
  `hold_key` varchar(255) NULL,
  `credits_refunded` bigint NOT NULL DEFAULT 0,
  `credits_held` bigint NULL,
  `started_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `counted` bigint NULL
);
CREATE UNIQUE INDEX `generations_archive_gen_id_unique` ON `generations_archive` (`gen_id`);
CREATE INDEX `generations_archive_user_uuid_created_at_idx_utc` ON `generations_archive` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE UNIQUE INDEX `generations_archive_user_uuid_request_key_unique` ON `generations_archive` (`user_uuid`, `request_key`);
CREATE INDEX `generations_archive_counted_created_at_idx_utc` ON `generations_archive` (`counted`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`, `status`, `provider`);
CREATE TABLE `apikeys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` varchar(255) NULL,
  `key` varchar(255) NOT NULL,
  `user_uuid` varchar(255) NOT NULL,
  `status` varchar(50) NULL,
  `created_at` timestamp NULL,
  `prefix` varchar(32) NULL,
  `last_used_at` timestamp NULL,
  `revoked_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `expires_at` timestamp NULL,
  `scopes` text NULL,
  `original` boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX `apikeys_key_unique` ON `apikeys` (`key`);
CREATE INDEX `apikeys_user_uuid_created_at_idx_utc` ON `apikeys` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE TABLE `posts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `uuid` varchar(255) NOT NULL,
  `title` varchar(255) NULL,
  `description` text NULL,
  `content` text NULL,
  `slug` varchar(255) NULL,
  `locale` varchar(10) NULL,
  `status` varchar(50) NULL,
  `created_at` timestamp NULL,
  `updated_at` timestamp NULL,
  `slug_key` varchar(300) NULL,
  `published_at` timestamp NULL,
  `article` varchar(255) NULL,
  `translation_key` varchar(300) NULL
);
CREATE UNIQUE INDEX `posts_uuid_unique` ON `posts` (`uuid`);
CREATE UNIQUE INDEX `posts_slug_key_unique` ON `posts` (`slug_key`);
CREATE INDEX `posts_slug_locale_idx` ON `posts` (`slug`, `locale`);
CREATE INDEX `posts_locale_created_at_idx_utc` ON `posts` (`locale`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_created_at_idx_utc` ON `posts` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_locale_published_at_idx_utc` ON `posts` (`locale`, (CASE WHEN substr(`published_at`, 11, 1) = ' ' AND substr(`published_at`, -6) = '+00:00' AND (length(`published_at`) = 25 OR length(`published_at`) BETWEEN 27 AND 32 AND substr(`published_at`, -7, 1) <> '0') THEN `published_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`published_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`published_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`published_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`published_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`published_at`, 20, min(7, length(`published_at`) - 19 - length(ltrim(substr(`published_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_published_at_idx_utc` ON `posts` ((CASE WHEN substr(`published_at`, 11, 1) = ' ' AND substr(`published_at`, -6) = '+00:00' AND (length(`published_at`) = 25 OR length(`published_at`) BETWEEN 27 AND 32 AND substr(`published_at`, -7, 1) <> '0') THEN `published_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`published_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`published_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`published_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`published_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`published_at`, 20, min(7, length(`published_at`) - 19 - length(ltrim(substr(`published_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_locale_unpublished_idx_utc` ON `posts` (`locale`, (CASE WHEN substr(`published_at`, 11, 1) = ' ' AND substr(`published_at`, -6) = '+00:00' AND (length(`published_at`) = 25 OR length(`published_at`) BETWEEN 27 AND 32 AND substr(`published_at`, -7, 1) <> '0') THEN `published_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`published_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`published_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`published_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`published_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`published_at`, 20, min(7, length(`published_at`) - 19 - length(ltrim(substr(`published_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_unpublished_idx_utc` ON `posts` ((CASE WHEN substr(`published_at`, 11, 1) = ' ' AND substr(`published_at`, -6) = '+00:00' AND (length(`published_at`) = 25 OR length(`published_at`) BETWEEN 27 AND 32 AND substr(`published_at`, -7, 1) <> '0') THEN `published_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`published_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`published_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`published_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`published_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`published_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`published_at`, 20, min(7, length(`published_at`) - 19 - length(ltrim(substr(`published_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `posts_article_idx` ON `posts` (`article`, `locale`);
CREATE UNIQUE INDEX `posts_translation_key_unique` ON `posts` (`translation_key`);
CREATE TABLE `post_slugs` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `slug_key` varchar(300) NOT NULL,
  `post_uuid` varchar(255) NOT NULL,
  `left_at` timestamp NULL
);
CREATE UNIQUE INDEX `post_slugs_slug_key_unique` ON `post_slugs` (`slug_key`);
CREATE INDEX `post_slugs_post_uuid_idx` ON `post_slugs` (`post_uuid`);
CREATE TABLE `feedbacks` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `user_uuid` varchar(255) NULL,
  `content` text NULL,
  `rating` integer NULL,
  `created_at` timestamp NULL,
  `counted` bigint NULL
);
CREATE INDEX `feedbacks_created_at_idx_utc` ON `feedbacks` ((CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
CREATE INDEX `feedbacks_counted_created_at_idx_utc` ON `feedbacks` (`counted`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`, `rating`);
CREATE INDEX `feedbacks_user_uuid_created_at_idx_utc` ON `feedbacks` (`user_uuid`, (CASE WHEN substr(`created_at`, 11, 1) = ' ' AND substr(`created_at`, -6) = '+00:00' AND (length(`created_at`) = 25 OR length(`created_at`) BETWEEN 27 AND 32 AND substr(`created_at`, -7, 1) <> '0') THEN `created_at` ELSE strftime('%Y-%m-%d %H:%M:%S', substr(`created_at`, 1, 19) || CASE WHEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 1) IN ('+', '-') AND substr(ltrim(substr(`created_at`, 20), '.0123456789'), 7, 1) = ' ' THEN substr(ltrim(substr(`created_at`, 20), '.0123456789'), 2, 3) || ':' || substr(ltrim(substr(`created_at`, 20), '.0123456789'), 5, 2) ELSE ltrim(substr(`created_at`, 20), '.0123456789') END) || rtrim(rtrim(substr(`created_at`, 20, min(7, length(`created_at`) - 19 - length(ltrim(substr(`created_at`, 20), '.0123456789')))), '0'), '.') || '+00:00' END), `id`);
