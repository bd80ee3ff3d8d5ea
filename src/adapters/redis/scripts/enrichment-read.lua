-- The work as of one instant. ARGV: id
return redis.call('HGETALL', KEYS[1])
