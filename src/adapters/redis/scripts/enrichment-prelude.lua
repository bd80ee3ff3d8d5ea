-- Shared by the scripts of the second stage, after the common prelude. KEYS[1] is the work on one
-- revision of one conversation. Record fields: st status (pending, running, ended), gen generation,
-- ep epoch, at attempt, tok token, lu lease until, ca announced at, uh uid hash, cv conversation,
-- rv revision, ln lane, vd verdict, rc reason code, le last error, lt token of the last release or
-- finish, so that a resent one is answered alike; and one field `j:job:conversation` a listener.
local DUE = P .. 'enrichment-due'

local function work_due_at(at) redis.call('ZADD', DUE, n(at), ID) end

local function load_work()
  local flat = redis.call('HGETALL', KEYS[1])
  if #flat == 0 then return nil end
  local w = {}
  for i = 1, #flat, 2 do w[flat[i]] = flat[i + 1] end
  return w
end

-- Writes the changed fields; '' deletes.
local function put_work(changes)
  for field, value in pairs(changes) do
    if value == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, value) end
  end
end

local function works_on(w, token) return w.st == 'running' and w.tok == token end

-- A holder's work is looked at a second after its lease, so that its own retry comes first.
local function hold_work(lease_ms)
  local lease_end = NOW + tonumber(lease_ms)
  work_due_at(lease_end + 1000)
  return n(lease_end)
end

-- A word, then the whole record.
local function with_work(word)
  local reply = redis.call('HGETALL', KEYS[1])
  table.insert(reply, 1, word)
  return reply
end
