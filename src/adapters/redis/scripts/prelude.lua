-- Shared by every script. KEYS[1] is the job's record (or the shard's due index); all other keys
-- are derived from its prefix, which ends in the shard's hash tag, so that a script stays in one slot.
-- Time is the server's. Numbers are written as whole decimals.
-- Record fields: st status, sg stage, ep epoch, gen generation, cg claimed generation, tok token,
-- lu lease until, at attempt, fr fruitless attempts, lp landed in this attempt, rv revivals,
-- ca/ua/sa/pa/cp created/updated/started/progressed/captured at, tf files, ts/ok/si/fa segments
-- (total, landed, silent, failed), ln lane, md mode, by byok, uh uid hash, ci content id,
-- sv schema version, wf/ws waiting for/since, ra retry at, rc reason code, en/ec enrichment and why it failed, ei ending, sl settled,
-- wb the claim whose end woke it, lt/lo token and operation of the last release, so that a resent release is answered alike.
local ID = ARGV[1]
local P = string.match(KEYS[1], '^(.-})') .. ':'
local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)

local function key(kind, id) return P .. kind .. ':' .. (id or ID) end
local function n(x) return string.format('%.0f', x) end
local function int(h, field) return tonumber(h[field] or '0') end

local function load()
  local flat = redis.call('HGETALL', key('job'))
  if #flat == 0 then return nil end
  local h = {}
  for i = 1, #flat, 2 do h[flat[i]] = flat[i + 1] end
  return h
end

local function terminal(h) return h.st ~= 'queued' and h.st ~= 'processing' end
local function held_by(h, token) return h.st == 'processing' and h.tok == token end

-- May still change what the run has done; a frozen result is only brought to its end.
local function works_under(h, token) return held_by(h, token) and not h.ei end

-- The ready-made answer of a status poll. Every value is a number, an id or a word of a closed set,
-- except the outcome, which is JSON already.
local function view(h, outcome)
  local s = '{"jobId":"' .. ID .. '","uidHash":"' .. h.uh .. '","status":"' .. h.st .. '","stage":"' .. h.sg
    .. '","segments":{"total":' .. h.ts .. ',"successful":' .. h.ok .. ',"silent":' .. h.si .. ',"failed":' .. h.fa
    .. '},"totalFiles":' .. h.tf .. ',"createdAt":' .. h.ca .. ',"attempt":' .. h.at .. ',"lane":"' .. h.ln .. '","enrichment":"' .. h.en .. '"'
  if h.ec then s = s .. ',"enrichmentReasonCode":"' .. h.ec .. '"' end
  if h.wf then s = s .. ',"waitingFor":"' .. h.wf .. '"' end
  if h.ws then s = s .. ',"waitingSince":' .. h.ws end
  if h.ra then s = s .. ',"retryAt":' .. h.ra end
  if h.rc then s = s .. ',"reasonCode":"' .. h.rc .. '"' end
  if h.lu and h.st == 'processing' and not h.ei then s = s .. ',"leaseUntil":' .. h.lu end
  if outcome then s = s .. ',"outcome":' .. outcome end
  return s .. '}'
end

-- Writes the changed fields ('' deletes) and the view in one go; h is brought up to date.
local function commit(h, changes, outcome)
  local set, del = {}, {}
  changes.ua = n(NOW)
  for field, value in pairs(changes) do
    if value == '' then
      if h[field] then del[#del + 1] = field end
      h[field] = nil
    else
      set[#set + 1] = field
      set[#set + 1] = value
      h[field] = value
    end
  end
  redis.call('HSET', key('job'), unpack(set))
  if #del > 0 then redis.call('HDEL', key('job'), unpack(del)) end
  redis.call('SET', key('view'), view(h, outcome))
end

local function due_at(at) redis.call('ZADD', P .. 'due', n(at), ID) end

local function event(name, ...)
  redis.call('XADD', key('events'), 'MAXLEN', '~', 200, '*', 'at', n(NOW), 'name', name, ...)
end

-- What the indexes still have of a job whose record is gone.
local function forget()
  redis.call('ZREM', P .. 'due', ID)
  redis.call('ZREM', P .. 'live', ID)
end

-- The keys of a settled job go after so long; so does its entry among those that ended alike.
local function retain(h, retention_ms)
  redis.call('ZREMRANGEBYSCORE', P .. 'ended:' .. h.st, '-inf', n(NOW - tonumber(retention_ms)))
  redis.call('PEXPIRE', P .. 'ended:' .. h.st, retention_ms)
  for _, kind in ipairs({ 'job', 'view', 'text', 'marks', 'events' }) do
    redis.call('PEXPIRE', key(kind), retention_ms)
  end
end

-- Of a terminal job: out of the due index, and retention starts.
local function settle(h, retention_ms)
  redis.call('ZREM', P .. 'due', ID)
  if h.sl == '1' then return end
  redis.call('HSET', key('job'), 'sl', '1')
  event('settled')
  redis.call('PEXPIRE', key('notes'), retention_ms)
  retain(h, retention_ms)
end

-- Gives the slot back and makes the oldest waiting capture of this user due now. Answers whether one waits.
local function release_slot(h)
  redis.call('ZREM', key('slots', h.uh), ID)
  redis.call('ZREM', P .. 'running', ID)
  local oldest = redis.call('ZRANGE', key('waiting', h.uh), 0, 0)
  if oldest[1] then redis.call('ZADD', P .. 'due', 'XX', n(NOW), oldest[1]) end
  return oldest[1] and '1' or '0'
end

local function hold(h, lease_ms)
  local lease_end = NOW + tonumber(lease_ms)
  redis.call('ZADD', key('slots', h.uh), n(lease_end), ID)
  -- By last progress, not by renewal: a run that hangs is found though its lease lives.
  redis.call('ZADD', P .. 'running', h.pa or n(NOW), ID)
  due_at(lease_end + 1000)
  return n(lease_end)
end

-- A release resent after its reply was lost.
local function already_released(h, token, operation)
  return h.lt == token and h.lo == operation and not h.tok
end

-- A lease that lapsed under its holder: whoever meets it takes the holder for dead.
local function died(h) return h.st == 'processing' and int(h, 'lu') <= NOW end

-- Jobs of the user that run beside this one. Leases that lapsed are cleared only where they would count.
local function others_running(h, limit)
  local slots = key('slots', h.uh)
  local running = redis.call('ZCOUNT', slots, '(' .. n(NOW), '+inf')
  if running < limit then return running end
  redis.call('ZREMRANGEBYSCORE', slots, '-inf', n(NOW))
  return redis.call('ZSCORE', slots, ID) and 0 or running
end

-- The ledger, key 'marks': a field per segment with its mark; '~' what is in flight, as epoch, '!' when
-- alone, units; '?unit' how often a suspect died alone. The note names its epoch, so that one left
-- behind by a holder that ended well accuses nobody.
local function write_ledger(h, set, flight, acquitted)
  if flight ~= '' then
    set[#set + 1] = '~'
    set[#set + 1] = '~' .. h.ep .. ' ' .. flight
  end
  if #set > 0 then redis.call('HSET', key('marks'), unpack(set)) end
  local freed = {}
  for unit in string.gmatch(acquitted, '%S+') do freed[#freed + 1] = '?' .. unit end
  if #freed > 0 then redis.call('HDEL', key('marks'), unpack(freed)) end
end

-- The holder died: what it had in flight is suspect, and what it ran alone has died once more.
local function suspect(h)
  local note = redis.call('HGET', key('marks'), '~') or ''
  local epoch, alone, units = string.match(note, '^~(%d+) (!?)(.*)$')
  if epoch ~= h.ep then return end
  for unit in string.gmatch(units, '%x+') do
    if alone == '!' then redis.call('HINCRBY', key('marks'), '?' .. unit, 1)
    else redis.call('HSETNX', key('marks'), '?' .. unit, '0') end
  end
  redis.call('HDEL', key('marks'), '~')
end

-- An idempotency key stands for `job:content`; '' is no key.
local function is_reused(key_id, content_id)
  local kept = key_id ~= '' and redis.call('GET', key('idem', key_id))
  return kept and string.match(kept, ':(.*)$') ~= content_id
end

local function bind_key(key_id, content_id, kept_ms)
  if key_id ~= '' then redis.call('SET', key('idem', key_id), ID .. ':' .. content_id, 'PX', kept_ms) end
end

local function ledger() return redis.call('HGETALL', key('marks')) end

-- A ledger that was evicted is counted anew: nothing is done because a number says so.
local function recount(h, marks)
  if int(h, 'ok') + int(h, 'si') + int(h, 'fa') == 0 then return {} end
  local counts = { l = 0, s = 0, f = 0 }
  for i = 2, #marks, 2 do
    local letter = string.sub(marks[i], 1, 1)
    if counts[letter] then counts[letter] = counts[letter] + 1 end
  end
  return { ok = n(counts.l), si = n(counts.s), fa = n(counts.f) }
end
