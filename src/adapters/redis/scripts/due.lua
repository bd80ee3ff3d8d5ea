-- Jobs whose next check is due, oldest first. ARGV: unused limit
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', n(NOW), 'LIMIT', 0, ARGV[2])
