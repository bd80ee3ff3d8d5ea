-- One delivery asks for the job. Holds: at most one live lease; every grant raises the epoch (I3).
-- A token that already holds the job, or was already put off, is answered as before. A job whose
-- result is frozen is not run, by its holder neither.
-- A newer revision's job is left as it is (F52). What is granted comes with the job's ledger, as field
-- and value in turn: the run begins with it.
-- ARGV: id generation token lease_ms user_slots slot_snooze_ms schema_version
local h = load()
if not h then return { 'missing' } end
if int(h, 'sv') > tonumber(ARGV[7]) then return { 'newer_schema', h.sv } end
if terminal(h) then return { 'terminal' } end
local generation, token = tonumber(ARGV[2]), ARGV[3]
if held_by(h, token) and not h.ei then
  commit(h, { lu = hold(h, ARGV[4]) })
  return { 'claimed', h.ep, h.gen, h.at, ledger() }
end
if already_released(h, token, 'no_slot') then return { 'no_slot', h.gen, h.ra } end
if generation < int(h, 'gen') then return { 'stale_generation', h.gen } end
if h.st == 'processing' and int(h, 'lu') > NOW then return { 'locked', h.lu } end
if h.ei then return { 'ending' } end

local dead = died(h)
local fruitless = dead and (h.lp == '0' and int(h, 'fr') + 1 or 0) or int(h, 'fr')
-- The clock of running stands still while a job waits: its start and its progress move on with the wait.
local idle_since = dead and int(h, 'lu') or int(h, h.ws and 'ws' or 'ua')
local idle = h.sa and math.max(0, NOW - idle_since) or 0
local started_at = h.sa and n(int(h, 'sa') + idle)
-- A mark may come after its lease has lapsed: progress is never in the future.
local progress_at = n(h.sa and math.min(NOW, int(h, 'pa') + idle) or NOW)
local limit = tonumber(ARGV[5])
if dead then suspect(h) end
if limit > 0 and others_running(h, limit) >= limit then
  local retry_at = NOW + tonumber(ARGV[6])
  redis.call('ZADD', key('waiting', h.uh), h.cp, ID)
  redis.call('ZREM', P .. 'running', ID)
  due_at(retry_at)
  -- Whose waiting goes on has all of it counted when it ends.
  local waits_on = h.wf == 'capacity'
  commit(h, {
    sa = waits_on and h.sa or started_at, pa = waits_on and h.pa or progress_at,
    st = 'queued', gen = n(generation + 1), ep = n(int(h, 'ep') + 1), tok = '', lu = '', fr = n(fruitless), lp = '0',
    wf = 'capacity', ws = waits_on and h.ws or n(NOW), ra = n(retry_at), rc = '',
    lt = token, lo = 'no_slot',
  })
  event('snoozed', 'waiting_for', 'capacity', 'generation', h.gen)
  return { 'no_slot', h.gen, n(retry_at) }
end

if h.wf == 'capacity' then redis.call('ZREM', key('waiting', h.uh), ID) end
local marks = ledger()
local counts = recount(h, marks)
h.pa = progress_at
commit(h, {
  ok = counts.ok, si = counts.si, fa = counts.fa, st = 'processing', tok = token, ep = n(int(h, 'ep') + 1), gen = n(generation),
  cg = n(math.max(generation, int(h, 'cg'))), at = n(int(h, 'at') + 1), fr = n(fruitless), lp = '0',
  lu = hold(h, ARGV[4]), sa = started_at or n(NOW), pa = progress_at, wf = '', ws = '', ra = '', rc = '', wb = '',
})
event('claimed', 'epoch', h.ep, 'generation', h.gen, 'attempt', h.at, 'after_death', dead and '1' or '0')
return { 'claimed', h.ep, h.gen, h.at, marks }
