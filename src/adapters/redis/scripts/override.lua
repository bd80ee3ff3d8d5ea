-- Recovery, an operator or the user moves a job they do not hold. Holds: nothing happens unless the
-- record still looks as it was seen; the epoch rises and the token goes, which fences a holder (I3).
-- ARGV: id status epoch generation operation('ending'|'generation') revival('1'|'0') due_in_ms outcome lease_until('' not compared) progress_at('' not compared) reason
local h = load()
if not h then return { 'missing' } end
if terminal(h) or h.ei or h.st ~= ARGV[2] or h.ep ~= ARGV[3] or h.gen ~= ARGV[4]
  or (ARGV[9] ~= '' and h.lu ~= ARGV[9]) or (ARGV[10] ~= '' and h.pa ~= ARGV[10]) then return { 'raced' } end
local changes = { ep = n(int(h, 'ep') + 1), tok = '', lu = '', lt = '', lo = '' }
if ARGV[5] == 'ending' then
  redis.call('HSET', key('text'), 'out', ARGV[8])
  redis.call('ZREM', key('waiting', h.uh), ID)
  changes.st, changes.ei, changes.sg, changes.lu = 'processing', '1', 'finalizing', '0'
  changes.wf, changes.ws, changes.ra, changes.rc = '', '', '', ''
else
  changes.st, changes.gen = 'queued', n(int(h, 'gen') + 1)
  changes.rv = n(int(h, 'rv') + tonumber(ARGV[6]))
  if h.st == 'processing' then changes.fr = h.lp == '0' and n(int(h, 'fr') + 1) or '0' end
  if died(h) then suspect(h) end
end
due_at(NOW + tonumber(ARGV[7]))
if h.st == 'processing' then release_slot(h) end
commit(h, changes)
event('override', 'operation', ARGV[5], 'from', ARGV[2], 'to', h.st, 'generation', h.gen, 'reason', ARGV[11])
return { 'done', h.gen }
