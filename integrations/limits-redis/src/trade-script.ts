import { createHash } from "node:crypto";

/**
 * One exchange, as `MemoryRateStore.trade` decides it. `KEYS` are those of `LimitKeys`, `ARGV` what `encodeAsk` makes of an ask; the
 * answer is what `decodeAnswer` reads. All numbers are text of 17 digits, as Lua and Redis would round them otherwise.
 */
export const tradeScript = `
local ask = cjson.decode(ARGV[1])
local me, hold = ask.member, ask.hold
local state, seenKey, sinceKey, untilKey, headsKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local call, floor, max, min = redis.call, math.floor, math.max, math.min
local function text(n) return string.format('%.17g', n) end

local fields = {'run', 'epoch', 'created', 'blocked', 'paused', 'last', 'ends'}
for _, each in ipairs(ask.budgets) do
  for _, what in ipairs({'interval', 'expired', 'used'}) do fields[#fields + 1] = each[1] .. ':' .. what end
end
local known = call('HMGET', state, unpack(fields))
local function field(at) return tonumber(known[at] or 0) end

local now = tonumber(ARGV[2])
if not now then
  local time = call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local server = call('INFO', 'server')
local run = string.match(server, 'run_id:(%w+)') or ''
local uptime = tonumber(string.match(server, 'uptime_in_seconds:(%d+)')) or 0
local epoch, created, blocked, paused, ends = known[2], field(3), field(4), field(5), field(7)
local last = field(6)

local budgets, longest = {}, 0
local isLost = known[1] and (known[1] ~= run or now < last - 1000)
if now < last and not isLost then now = last end
for i, each in ipairs(ask.budgets) do
  local at = 5 + 3 * i
  local key = 5 + 4 * (i - 1)
  local b = {
    name = each[1], limit = each[2], ownInterval = each[3], isNew = not known[at],
    interval = tonumber(known[at] or each[3]), expired = field(at + 1), used = field(at + 2),
    slots = KEYS[key + 1], amounts = KEYS[key + 2], members = KEYS[key + 3], mine = KEYS[key + 4],
  }
  budgets[i] = b
  longest = max(longest, b.interval)
  if not b.isNew then
    local count = call('ZCARD', b.slots)
    if count ~= call('HLEN', b.amounts) or (b.used > 0 and count == 0) then isLost = true end
  end
end

-- For how long what an unknown state has granted may count.
local memory = longest + max(1000, hold)
local isWitness = ask.epoch ~= '' and ask.ago <= memory
if not known[1] or isLost then
  call('DEL', seenKey, sinceKey, untilKey, headsKey)
  if isLost then
    paused = now + max(0, paused - last)
    blocked = now + memory
  elseif isWitness then blocked = now + memory
  elseif uptime * 1000 < memory then blocked = now + 2000
  else blocked = 0 end
  epoch, created, ends = run .. ':' .. text(now), now, 0
  for _, b in ipairs(budgets) do b.isNew, b.expired, b.used = true, 0, 0 end
elseif isWitness and ask.epoch ~= epoch then
  blocked = max(blocked, created + memory, now - ask.ago + memory)
end
for _, b in ipairs(budgets) do
  if b.isNew then call('DEL', b.slots, b.amounts, b.members) end
end

-- What a member has charged; nothing if it is not there.
local function own(b, member, change)
  local before = tonumber(call('HGET', b.members, member) or 0)
  local amount = before + (change or 0)
  if amount == before then return before end
  if amount > 0 then call('HSET', b.members, member, text(amount)) else call('HDEL', b.members, member) end
  return amount
end

local function slotOf(b) return floor(now / (b.interval / 200)) end

local function charge(b, member, amount, extra)
  local number = slotOf(b)
  local element = member .. ':' .. string.format('%.0f', number)
  local expiresAt = (number + 1) * (b.interval / 200) + b.interval + extra
  local before = call('ZSCORE', b.slots, element)
  local total = amount
  if before then
    expiresAt = max(expiresAt, tonumber(before))
    total = total + tonumber(call('HGET', b.amounts, element) or 0)
  end
  call('HSET', b.amounts, element, text(total))
  call('ZADD', b.slots, text(expiresAt), element)
  if member == me then call('ZADD', b.mine, text(expiresAt), element) end
  b.used = b.used + amount
  own(b, member, amount)
  ends = max(ends, expiresAt)
end

for _, b in ipairs(budgets) do
  local gone = call('ZRANGEBYSCORE', b.slots, '-inf', text(now))
  local freed = {}
  for from = 1, #gone, 500 do
    local part = {unpack(gone, from, min(from + 499, #gone))}
    for i, amount in ipairs(call('HMGET', b.amounts, unpack(part))) do
      amount = tonumber(amount or 0)
      b.expired, b.used = b.expired + amount, b.used - amount
      local member = string.match(part[i], '^(.*):')
      freed[member] = (freed[member] or 0) - amount
    end
    call('HDEL', b.amounts, unpack(part))
    call('ZREM', b.slots, unpack(part))
  end
  for member, change in pairs(freed) do own(b, member, change) end
end

for _, each in ipairs(ask.corrections) do
  local b, amount = budgets[each[1] + 1], each[3]
  local element = me .. ':' .. string.format('%.0f', each[2])
  local before = call('HGET', b.amounts, element)
  if before then
    before = tonumber(before)
    local after = max(0, before + amount)
    call('HSET', b.amounts, element, text(after))
    b.used = b.used + after - before
    own(b, me, after - before)
  elseif amount > 0 then charge(b, me, amount, 0) end
end

local free = {}
for i, b in ipairs(budgets) do free[i] = b.limit - b.used end
for _, each in ipairs(ask.observations) do
  local i, remaining, reset, expiredBefore = each[1] + 1, each[2], each[3], each[4]
  local b = budgets[i]
  local used = free[i] - (b.expired - expiredBefore) - remaining
  -- One of an earlier state says nothing.
  if used > 0 and expiredBefore <= b.expired then
    charge(b, '', used, reset - b.interval)
    free[i] = free[i] - used
  end
end
if ask.pauseFor > 0 and now + ask.pauseFor > paused then
  paused = now + ask.pauseFor
  call('PUBLISH', ARGV[3], text(paused - now))
end
if blocked > now then
  for i in ipairs(budgets) do free[i] = min(free[i], 0) end
end

local function forget(member)
  call('ZREM', sinceKey, member)
  call('ZREM', untilKey, member)
  call('HDEL', headsKey, member)
end
for _, member in ipairs(call('ZRANGEBYSCORE', seenKey, '-inf', '(' .. text(now - longest))) do
  if tonumber(call('ZSCORE', untilKey, member) or now) <= now then
    call('ZREM', seenKey, member)
    forget(member)
  end
end

-- When so much is free that this amount fits.
local function roomAt(b, key, room, amount)
  if room >= amount then return now end
  local from = 0
  while true do
    local part = call('ZRANGE', key, from, from + 49, 'WITHSCORES')
    if #part == 0 then return now end
    local elements = {}
    for i = 1, #part, 2 do elements[#elements + 1] = part[i] end
    for i, freed in ipairs(call('HMGET', b.amounts, unpack(elements))) do
      room = room + tonumber(freed or 0)
      if room >= amount then return tonumber(part[2 * i]) end
    end
    from = from + 50
  end
end

local granted, extra, retryIn = 0, {}, 0
for i in ipairs(budgets) do extra[i] = 0 end
local pausedFor = max(0, paused - now)
if ask.leaves then
  call('ZREM', seenKey, me)
  forget(me)
  retryIn = pausedFor
elseif pausedFor > 0 then
  call('ZADD', seenKey, text(now), me)
  forget(me)
  retryIn = pausedFor
else
  local hungry = call('ZCOUNT', untilKey, '(' .. text(now), '+inf')
  if tonumber(call('ZSCORE', untilKey, me) or now) > now then hungry = hungry - 1 end
  local since = tonumber(call('ZSCORE', sinceKey, me) or now)
  local oldest
  if hungry > 0 then
    for _, member in ipairs(call('ZRANGEBYSCORE', sinceKey, '-inf', '(' .. text(since))) do
      local next = call('HGET', headsKey, member)
      if next and member ~= me and tonumber(call('ZSCORE', untilKey, member) or 0) > now then
        oldest = cjson.decode(next)
        break
      end
    end
  end
  local total, most, quota, mine = {}, {}, {}, {}
  for i, b in ipairs(budgets) do
    total[i] = 0
    most[i] = free[i] - (oldest and oldest[b.name] or 0)
    quota[i] = math.ceil(b.limit / (hungry + 1))
    if hungry > 0 then mine[i] = own(b, me) end
  end
  for _, want in ipairs(ask.wants) do
    local isWithinShare, fits = true, true
    for i in ipairs(budgets) do
      if hungry > 0 and want[i] ~= 0 and mine[i] + total[i] >= quota[i] then isWithinShare = false end
      if total[i] + want[i] > most[i] then fits = false end
    end
    if granted == 0 and not oldest then isWithinShare = true end
    if not isWithinShare or not fits then break end
    for i in ipairs(budgets) do total[i] = total[i] + want[i] end
    granted = granted + 1
  end
  local head = ask.wants[granted + 1]
  for i, b in ipairs(budgets) do
    if not head and hungry == 0 then
      extra[i] = max(0, min(ask.extra[i], floor((free[i] - total[i]) / 2)))
    end
    local amount = total[i] + extra[i]
    if amount > 0 then charge(b, me, amount, hold) end
    free[i] = free[i] - amount
  end
  call('ZADD', seenKey, text(now), me)
  if not head then forget(me)
  else
    local lastUntil
    if hungry > 0 then
      local latest = call('ZREVRANGE', untilKey, 0, 1, 'WITHSCORES')
      lastUntil = tonumber(latest[1] == me and latest[4] or latest[2])
    end
    local retryAt = max(now, blocked)
    for i, b in ipairs(budgets) do
      local all = 0
      for at = granted + 1, #ask.wants do all = all + ask.wants[at][i] end
      local batch = max(head[i], min(all, floor(quota[i] / 2)))
      call('ZREMRANGEBYSCORE', b.mine, '-inf', text(now))
      local function at(amount)
        local anyAt = roomAt(b, b.slots, b.limit - b.used, amount)
        if hungry == 0 then return anyAt end
        return max(anyAt, min(roomAt(b, b.mine, quota[i] - own(b, me), amount), lastUntil))
      end
      retryAt = max(retryAt, min(at(batch), at(head[i]) + b.ownInterval / 10))
    end
    retryIn = max(retryAt - now, hungry > 0 and hold / 8 or 1)
    call('ZADD', sinceKey, text(granted > 0 and now or since), me)
    call('ZADD', untilKey, text(now + retryIn + 2 * hold), me)
    local byName = {}
    for i, b in ipairs(budgets) do byName[b.name] = head[i] end
    call('HSET', headsKey, me, cjson.encode(byName))
    ends = max(ends, now + retryIn + 2 * hold)
  end
end

local values = {
  'run', run, 'epoch', epoch, 'created', text(created), 'blocked', text(blocked), 'paused', text(paused),
  'last', text(now), 'ends', text(ends),
}
local answer = {epoch, granted, text(retryIn), text(pausedFor), call('ZCARD', seenKey)}
for i, b in ipairs(budgets) do
  for what, value in pairs({interval = b.interval, expired = b.expired, used = b.used}) do
    values[#values + 1] = b.name .. ':' .. what
    values[#values + 1] = text(value)
  end
  for _, value in ipairs({extra[i], slotOf(b), b.expired, free[i], b.interval}) do answer[#answer + 1] = text(value) end
end
call('HSET', state, unpack(values))
local life = string.format('%.0f', math.ceil(max(ends, paused, blocked, now + memory) - now + 10000))
for _, key in ipairs(KEYS) do call('PEXPIRE', key, life) end
return answer
`;

/** By which the server finds the script. */
export const tradeDigest = createHash("sha1").update(tradeScript).digest("hex");
