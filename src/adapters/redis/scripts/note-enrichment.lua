-- How the summaries of an ended job's conversations stand; the one thing of it that still moves. Holds:
-- what has ended for a conversation never changes, and the view is written with it, its TTL kept.
-- ARGV: id (conversation state)*, a state being p(ending), r(unning), s(kipped), d(one) or f:reason_code
local h = load()
if not h or not terminal(h) then return { 'left' } end
local ended = { s = true, d = true, f = true }
for i = 2, #ARGV, 2 do
  local known = redis.call('HGET', key('notes'), ARGV[i])
  if not known or not ended[string.sub(known, 1, 1)] then
    redis.call('HSET', key('notes'), ARGV[i], ARGV[i + 1])
  end
end
local seen, why = {}, nil
for _, note in ipairs(redis.call('HVALS', key('notes'))) do
  local letter = string.sub(note, 1, 1)
  seen[letter] = true
  if letter == 'f' and (not why or string.sub(note, 3) < why) then why = string.sub(note, 3) end
end
h.en = seen.r and 'running' or seen.p and 'pending' or seen.f and 'failed' or seen.d and 'done' or 'none'
h.ec = h.en == 'failed' and why or nil
redis.call('HSET', key('job'), 'en', h.en)
if h.ec then redis.call('HSET', key('job'), 'ec', h.ec) end
redis.call('SET', key('view'), view(h, redis.call('HGET', key('text'), 'out')), 'KEEPTTL')
local left = redis.call('PTTL', key('job'))
if left > 0 then redis.call('PEXPIRE', key('notes'), left) end
return { 'noted' }
