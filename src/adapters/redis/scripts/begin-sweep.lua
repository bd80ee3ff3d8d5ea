-- One walk at a time over a part of the staged objects. Answers how far it has come (cursor, start) and
-- when the last whole walk began. A part is idle that needs no walk yet: none is under way, and the last
-- whole one began after `since` and less than `again_ms` ago.
-- Every pass comes by every part: the first one tells when a pass last did.
-- ARGV: unused token lease_ms since again_ms
if P == 'sd:{00}:' then redis.call('SET', P .. 'passed', n(NOW)) end
local walk = redis.call('HMGET', P .. 'sweep', 'cursor', 'began', 'whole')
local whole = tonumber(walk[3] or '-1')
local is_idle = not walk[1] and whole >= tonumber(ARGV[4]) and NOW - whole < tonumber(ARGV[5])
local taken = not is_idle and ( redis.call('SET', P .. 'sweeping', ARGV[2], 'NX', 'PX', ARGV[3])
  or redis.call('GET', P .. 'sweeping') == ARGV[2])
return { is_idle and 'idle' or taken and 'taken' or 'busy', n(NOW), walk[1] or '', walk[2] or '', walk[3] or '' }
