-- The holder gives the job back unfinished: requeue, snooze or continue under the next generation.
-- ARGV: id token operation('requeue'|'snooze'|'continue') attempt_spent('1'|'0') next_generation('1'|'0')
--       waiting_for due_in_ms reason_code last_error
local operation = ARGV[3]
local h = load()
if not h then return { 'lost' } end
if already_released(h, ARGV[2], operation) then return { 'ok', h.gen } end
if not works_under(h, ARGV[2]) then return { 'lost' } end
local spent = ARGV[4] == '1'
local at = NOW + tonumber(ARGV[7])
local changes = {
  st = 'queued', ep = n(int(h, 'ep') + 1), tok = '', lu = '', lt = ARGV[2], lo = operation,
  wf = ARGV[6], ws = n(NOW), ra = n(at), rc = ARGV[8],
  at = n(int(h, 'at') - (spent and 0 or 1)),
}
if h.lp == '1' then changes.fr = '0' elseif spent then changes.fr = n(int(h, 'fr') + 1) end
if ARGV[5] == '1' then changes.gen = n(int(h, 'gen') + 1) end
if ARGV[9] ~= '' then redis.call('HSET', key('text'), 'err', ARGV[9]) end
due_at(at)
release_slot(h)
commit(h, changes)
event(operation, 'generation', h.gen, 'reason', ARGV[8], 'waiting_for', ARGV[6])
return { 'ok', h.gen }
