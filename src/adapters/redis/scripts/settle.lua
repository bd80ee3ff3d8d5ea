-- Outcome, blobs and manifest are dealt with: out of the due index, and retention starts (I11).
-- ARGV: id retention_ms
local h = load()
if not h then
  redis.call('ZREM', P .. 'due', ID)
  redis.call('ZREM', P .. 'live', ID)
  return { 'missing' }
end
if not terminal(h) then return { 'live' } end
redis.call('ZREM', P .. 'due', ID)
if h.sl ~= '1' then
  redis.call('HSET', key('job'), 'sl', '1')
  event('settled')
  redis.call('ZREMRANGEBYSCORE', P .. 'ended:' .. h.st, '-inf', n(NOW - tonumber(ARGV[2])))
  redis.call('PEXPIRE', P .. 'ended:' .. h.st, ARGV[2])
  for _, kind in ipairs({ 'job', 'view', 'text', 'marks', 'events', 'notes' }) do
    redis.call('PEXPIRE', key(kind), ARGV[2])
  end
end
return { 'settled' }
