-- Redis terminal = what the durable outcome says. Anyone may repeat what is durable; a terminal
-- record never changes (I2). A failure lifts the content claim so that a re-upload is accepted (I7).
-- Failures of one content that are alike are counted, and enough of them pause it. Of a job that owes
-- nothing any more retention starts with its end (I11). Answers whether the user has another job that
-- waits for the slot; said again, whoever hears it has to look.
-- ARGV: id status total ok silent failed reason_code outcome owed_due_in_ms content_hold_ms(0 lifts the claim)
--       failure_signature('' not counted) repeat_limit repeat_window_ms pause_ms enrichment
--       retention_ms('' it owes its clean-up) (conversation whose summary is pending)*
local h, retention_ms = load(), ARGV[16]
local owes = retention_ms == ''
if not h then
  if not owes then forget() end
  return { 'missing' }
end
if terminal(h) then
  if not owes then settle(h, retention_ms) end
  return { 'finalized', '1' }
end
redis.call('HSET', key('text'), 'out', ARGV[8])
local content = key('content', h.ci)
if redis.call('GET', content) == ID then
  if tonumber(ARGV[10]) > 0 then redis.call('PEXPIRE', content, ARGV[10]) else redis.call('DEL', content) end
end
redis.call('ZREM', P .. 'live', ID)
redis.call('ZADD', P .. 'ended:' .. ARGV[2], n(NOW), ID)
local failures, limit, window, pause = key('failures', h.ci), tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
if ARGV[2] == 'completed' and limit > 0 then redis.call('DEL', failures) end
if ARGV[11] ~= '' and limit > 0 then
  redis.call('ZADD', failures, n(NOW), ID .. ' ' .. ARGV[11])
  redis.call('ZREMRANGEBYSCORE', failures, '-inf', n(NOW - window))
  redis.call('PEXPIRE', failures, n(window))
  local alike = 0
  for _, failure in ipairs(redis.call('ZRANGE', failures, 0, -1)) do
    if string.sub(failure, #ID + 2) == ARGV[11] then alike = alike + 1 end
  end
  if alike >= limit then
    redis.call('SET', key('pause', h.ci), n(NOW + pause), 'PX', n(pause))
    redis.call('DEL', failures)
    event('content_paused', 'until', n(NOW + pause))
  end
end
if owes then due_at(NOW + tonumber(ARGV[9])) else redis.call('ZREM', P .. 'due', ID) end
if h.wf == 'capacity' then redis.call('ZREM', key('waiting', h.uh), ID) end
-- All of them at once: one whose summary is done soon must not pass for the whole job.
local notes = {}
for i = 17, #ARGV do
  notes[#notes + 1] = ARGV[i]
  notes[#notes + 1] = 'p'
end
if #notes > 0 then redis.call('HSET', key('notes'), unpack(notes)) end
local is_awaited = release_slot(h)
commit(h, {
  st = ARGV[2], ts = ARGV[3], ok = ARGV[4], si = ARGV[5], fa = ARGV[6], rc = ARGV[7], sg = 'finalizing',
  ep = n(int(h, 'ep') + 1), tok = '', lu = '', lt = '', lo = '', ei = '', wf = '', ws = '', ra = '', sl = owes and '0' or '1',
  en = ARGV[15],
}, ARGV[8])
event('finalized', 'status', ARGV[2], 'reason', ARGV[7], unpack(owes and {} or { 'settled', '1' }))
if not owes then retain(h, retention_ms) end
return { 'finalized', is_awaited }
