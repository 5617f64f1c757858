local words = {}
for word in string.gmatch(ARGV[1], '%S+') do words[#words + 1] = word end
local now = tonumber(words[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local wanted = tonumber(words[2])
local granted = wanted
local buckets = {}
for i, key in ipairs(KEYS) do
  local a = i * 6 - 3
  local b = {kind = words[a], count = tonumber(words[a + 1]), window = tonumber(words[a + 2]),
    burst = tonumber(words[a + 3]), cost = tonumber(words[a + 4]), shadow = words[a + 5] == '1'}
  local kept = redis.call('GET', key)
  local at, used, before = string.match(kept or '', '^(%d+):(%d+):(%d+)$')
  at, used, before = tonumber(at or 0), tonumber(used or 0), tonumber(before or 0)
  local window = b.window
  local start = now - now % window
  local room
  if b.kind == 'g' then
    used, before = math.max(0, used - math.max(0, now - at) * b.count), 0
    at = now
    if b.count == 0 then b.burst = 0 end
    room = math.floor(math.max(0, b.burst * window - used) / (b.cost * window))
  else
    if b.kind == 'w' then
      if at + window <= now or at > now + window then at, used = now, 0 end
      before = 0
    elseif at < start or at > start + window then
      if b.kind == 's' and at + window == start then before = used else before = 0 end
      at, used = start, 0
    elseif b.kind == 'f' then
      before = 0
    end
    before = math.min(before, b.count)
    local left = window - math.min(math.max(0, now - at), window)
    local taken = used + math.ceil(before * math.ceil(left * 4096 / window) / 4096)
    room = math.floor(math.max(0, b.count - taken) / b.cost)
  end
  b.kept, b.at, b.used, b.before, b.room = kept, at, used, before, room
  if not b.shadow then granted = math.min(granted, room) end
  buckets[i] = b
end
local reply = {now, granted}
for i, b in ipairs(buckets) do
  local taken = granted
  if b.shadow then taken = math.min(granted, b.room) end
  local units = taken * b.cost
  if b.kind == 'g' then units = units * b.window end
  b.used = b.used + units
  local life = b.at + b.window - now
  if b.kind == 'g' then life = math.ceil(b.used / math.max(1, b.count)) elseif b.kind == 's' then life = life + b.window end
  life = string.format('%.0f', math.max(1, life))
  if taken > 0 then
    redis.call('SET', KEYS[i], string.format('%.0f:%.0f:%.0f', b.at, b.used, b.before), 'PX', life)
  elseif b.kept and redis.call('PTTL', KEYS[i]) < 0 then
    redis.call('PEXPIRE', KEYS[i], life)
  end
  reply[#reply + 1] = taken
  reply[#reply + 1] = b.at
  reply[#reply + 1] = b.used
  reply[#reply + 1] = b.before
end
return reply
