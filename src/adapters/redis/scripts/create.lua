-- An accepted upload becomes a record, with its content claim, in one step (I1, I7).
-- Holds: one content, one live job; a resent create finds its own record and answers the same, with
-- its claim for as long as that still holds. An idempotency key that stands for other content makes
-- nothing; else it stands for this job from now on.
-- ARGV: id uid uid_hash content_id lane mode byok total_files created_at captured_at due_in_ms token lease_ms void_holder
--       key_id('' none) key_kept_ms schema_version rebuilt_from('' accepted now)
local content, token = key('content', ARGV[4]), ARGV[12]
local h = load()
if h then
  if held_by(h, token) then return { 'created', h.ep, h.gen, h.at } end
  return { 'created' }
end
if is_reused(ARGV[15], ARGV[4]) then return { 'reused' } end
if not redis.call('SET', content, ID, 'NX') then
  local holder = redis.call('GET', content)
  if holder ~= ID and holder ~= ARGV[14] then return { 'held', holder } end
  redis.call('SET', content, ID)
end
bind_key(ARGV[15], ARGV[4], ARGV[16])
-- Left by a record that was evicted: marks without their counts would stay uncounted for ever.
redis.call('DEL', key('marks'), key('text'), key('notes'))
local record = {
  st = 'queued', sg = 'staged', ep = n(NOW), gen = '0', cg = '-1', at = '0', fr = '0', lp = '0', rv = '0',
  uid = ARGV[2], uh = ARGV[3], ci = ARGV[4], ln = ARGV[5], md = ARGV[6], by = ARGV[7], tf = ARGV[8],
  ca = ARGV[9], cp = ARGV[10], pa = n(NOW), ts = '0', ok = '0', si = '0', fa = '0', en = 'none', sv = ARGV[17],
}
if token ~= '' then
  record.st, record.tok, record.at, record.cg, record.sa = 'processing', token, '1', '0', n(NOW)
  record.lu = hold({ uh = ARGV[3] }, ARGV[13])
else
  due_at(NOW + tonumber(ARGV[11]))
end
redis.call('ZADD', P .. 'live', ARGV[9], ID)
commit({}, record)
-- commit filled a fresh table: the record is whole by now.
if ARGV[18] == '' then event('created', 'lane', ARGV[5], 'mode', ARGV[6])
else event('rebuilt', 'from', ARGV[18], 'lane', ARGV[5], 'mode', ARGV[6]) end
return { 'created', record.ep, record.gen, record.at }
