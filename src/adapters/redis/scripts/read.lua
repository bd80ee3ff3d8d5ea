-- Record and long text as of one instant. ARGV: id
return { redis.call('HGETALL', key('job')), redis.call('HMGET', key('text'), 'err', 'out') }
