-- Jobs at work without progress for so long, the longest first. ARGV: unused limit for_ms
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', n(NOW - tonumber(ARGV[3])), 'LIMIT', 0, ARGV[2])
