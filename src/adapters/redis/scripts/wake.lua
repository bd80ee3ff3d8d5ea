-- A slot of the user is free: the oldest capture that waits for one is called now, under its next
-- generation, so that its task of later becomes stale. Holds: a waker that asks again is answered the
-- same job, and two wakers never the same one. ARGV: id waker uid_hash due_in_ms
for _, id in ipairs(redis.call('ZRANGE', key('waiting', ARGV[3]), 0, 9)) do
  ID = id
  local h = load()
  if h and h.wb == ARGV[2] then return { 'woken', id, h.gen, h.ln } end
  if h and h.st == 'queued' and h.wf == 'capacity' and int(h, 'ra') > NOW then
    due_at(NOW + tonumber(ARGV[4]))
    commit(h, {
      gen = n(int(h, 'gen') + 1), ep = n(int(h, 'ep') + 1), ra = n(NOW), wb = ARGV[2], lt = '', lo = '',
    })
    event('woken', 'generation', h.gen)
    return { 'woken', id, h.gen, h.ln }
  end
end
return { 'none' }
