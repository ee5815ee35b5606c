// The original application, as far as it touches balances: Drizzle's queries on its
// own schema. It reads a command a line and answers each with a line of JSON.
import { createInterface } from "node:readline";
import { eq } from "drizzle-orm";
import * as pgCore from "drizzle-orm/pg-core";
import * as mysqlCore from "drizzle-orm/mysql-core";

const url = process.env.DATABASE_URL;
const isMySQL = url.startsWith("mysql");

// The columns are those that the original knows: it does not know ours.
function tables() {
  const core = isMySQL ? mysqlCore : pgCore;
  const table = isMySQL ? core.mysqlTable : core.pgTable;
  const id = () => (isMySQL ? core.int().autoincrement().primaryKey() : core.integer().primaryKey().generatedAlwaysAsIdentity());
  const int = () => (isMySQL ? core.int() : core.integer());
  const text = (length = 255) => core.varchar({ length });
  const time = () => (isMySQL ? core.timestamp() : core.timestamp({ withTimezone: true }));
  return {
    users: table("users", {
      id: id(), uuid: text().notNull(), email: text().notNull(), nickname: text(), avatar_url: text(),
      invite_code: text().notNull(), invited_by: text(), is_affiliate: core.boolean().notNull().default(false),
      created_at: time(), updated_at: time(),
    }),
    credits: table("credits", {
      id: id(), user_uuid: text().notNull(), left_credits: int().notNull().default(0),
      total_credits: int().notNull().default(0), updated_at: time(),
    }),
    credits_trans: table("credits_trans", {
      id: id(), user_uuid: text().notNull(), trans_type: text(50).notNull(), credits: int().notNull(),
      expired_at: text(), created_at: time(),
    }),
    orders: table("orders", {
      id: id(), order_no: text().notNull(), user_uuid: text().notNull(), product_id: text(), product_name: text(),
      amount: int().notNull(), currency: text(10), status: text(50).notNull(), pay_type: text(50), sub_id: text(),
      interval: text(50), created_at: time(), paid_at: time(),
    }),
    apikeys: table("apikeys", {
      id: id(), name: text(), key: text().notNull(), user_uuid: text().notNull(), status: text(50), created_at: time(),
    }),
  };
}

async function connect() {
  if (isMySQL) {
    const { drizzle } = await import("drizzle-orm/mysql2");
    const mysql = await import("mysql2/promise");
    const pool = mysql.createPool({ uri: url, timezone: "Z" });
    return [drizzle(pool), () => pool.end()];
  }
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const pg = await import("pg");
  const pool = new pg.default.Pool({ connectionString: url });
  return [drizzle(pool), () => pool.end()];
}

const t = tables();
const [db, close] = await connect();

// move is what the original does to a balance: it reads, inserts a row, and writes
// the number that it computed.
async function move(user, amount, type, expired) {
  const [row] = await db.select().from(t.credits).where(eq(t.credits.user_uuid, user)).limit(1);
  await db.insert(t.credits_trans).values({
    user_uuid: user, trans_type: type, credits: amount, expired_at: expired, created_at: new Date(),
  });
  await db.update(t.credits).set({
    left_credits: row.left_credits + amount, total_credits: row.total_credits + Math.max(amount, 0), updated_at: new Date(),
  }).where(eq(t.credits.user_uuid, user));
}

const commands = {
  async userWithCredits({ email }) {
    const [row] = await db.select({ user: t.users, credits: t.credits }).from(t.users)
      .leftJoin(t.credits, eq(t.users.uuid, t.credits.user_uuid)).where(eq(t.users.email, email)).limit(1);
    return { uuid: row.user.uuid, left: row.credits?.left_credits ?? 0 };
  },
  async emails() {
    return (await db.select({ email: t.users.email }).from(t.users)).map((u) => u.email);
  },
  async charge({ user, amount, times = 1 }) {
    for (let i = 0; i < times; i++) await move(user, -amount, "ai_generation", "");
  },
  async grant({ user, amount }) {
    await move(user, amount, "order_pay", new Date(Date.now() + 864e5).toISOString());
  },
  async signUp({ user, email, code }) {
    const now = new Date();
    await db.insert(t.users).values({ uuid: user, email, invite_code: code, created_at: now, updated_at: now });
    await db.insert(t.credits).values({ user_uuid: user, updated_at: now });
    await move(user, 100, "new_user", new Date(Date.now() + 365 * 864e5).toISOString());
  },
  async pay({ user, order, credits }) {
    const now = new Date();
    await db.insert(t.orders).values({ order_no: order, user_uuid: user, amount: 999, currency: "USD", status: "created", created_at: now });
    await db.update(t.orders).set({ status: "paid", paid_at: now }).where(eq(t.orders.order_no, order));
    await move(user, credits, "order_pay", null);
  },
  async apiKey({ key }) {
    const [row] = await db.select().from(t.apikeys).where(eq(t.apikeys.key, key)).limit(1);
    return { user: row?.user_uuid ?? "" };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...args } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: (await commands[command](args)) ?? null }));
  } catch (e) {
    console.log(JSON.stringify({ error: String(e?.cause ?? e) }));
  }
}
await close();
