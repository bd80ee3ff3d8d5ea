-- Redis terminal = what the durable outcome says. Anyone may repeat what is durable; a terminal
-- record never changes (I2). A failure lifts the content claim so that a re-upload is accepted (I7).
-- ARGV: id status total ok silent failed reason_code outcome owed_due_in_ms content_hold_ms(0 lifts the claim)
local h = load()
if not h then return { 'missing' } end
if terminal(h) then return { 'finalized' } end
redis.call('HSET', key('text'), 'out', ARGV[8])
local content = key('content', h.ci)
if redis.call('GET', content) == ID then
  if tonumber(ARGV[10]) > 0 then redis.call('PEXPIRE', content, ARGV[10]) else redis.call('DEL', content) end
end
redis.call('ZREM', P .. 'live', ID)
redis.call('ZADD', P .. 'ended:' .. ARGV[2], n(NOW), ID)
due_at(NOW + tonumber(ARGV[9]))
redis.call('ZREM', key('waiting', h.uh), ID)
release_slot(h)
commit(h, {
  st = ARGV[2], ts = ARGV[3], ok = ARGV[4], si = ARGV[5], fa = ARGV[6], rc = ARGV[7], sg = 'finalizing',
  ep = n(int(h, 'ep') + 1), tok = '', lu = '', lt = '', lo = '', ei = '', wf = '', ws = '', ra = '', sl = '0',
}, ARGV[8])
event('finalized', 'status', ARGV[2], 'reason', ARGV[7])
return { 'finalized' }
