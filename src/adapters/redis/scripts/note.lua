-- A line in the job's timeline by somebody who changes nothing else: an operator's reason.
-- ARGV: id name field value …
if redis.call('EXISTS', key('job')) == 0 then return { 'missing' } end
event(unpack(ARGV, 2))
return { 'noted' }
