-- SPDX-License-Identifier: Apache-2.0
--
-- Owns asking jwkeep whether a request may pass: http-request lua.jwkeep ADDRESS PATH, ADDRESS
-- being HOST:PORT (numeric) or unix@FILE. Sets txn.jwkeep to "allowed" on 200, and the identity
-- fields; answers the client itself otherwise. Refuses to be the only guard: HAProxy goes on
-- after a script's failure, so `http-request deny` must follow, unless txn.jwkeep is "allowed".

local TIMEOUT_MS = 10000 -- longer than jwkeep waits for keys: 6 s
local COPIED = { "authorization", "cookie" }

-- Fields as HAProxy has them, numbered from 0, as a list.
local function values(field)
    local list = {}
    local i = 0
    while field and field[i] do
        list[#list + 1] = field[i]
        i = i + 1
    end
    return list
end

-- Applications cannot always tell "_" from "-" in a field's name.
local function is_identity(name)
    return name:lower():find("^x[-_]auth[-_]") ~= nil
end

local function question(txn, received)
    local headers = {
        host = { "jwkeep" },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:pathq() },
    }
    for _, name in ipairs(COPIED) do
        local list = values(received[name])
        if #list > 0 then
            headers[name] = list
        end
    end
    return headers
end

local function answer_undecided(txn)
    local reply = txn:reply({ status = 503 })
    reply:add_header("Retry-After", "1")
    txn:done(reply)
end

local function answer_refused(txn, response)
    local reply = txn:reply({ status = response.status })
    for _, value in ipairs(values(response.headers["www-authenticate"])) do
        reply:add_header("WWW-Authenticate", value)
    end
    txn:done(reply)
end

local function allow(txn, response)
    for name, field in pairs(response.headers) do
        if is_identity(name) then
            txn.http:req_set_header(name, field[0])
        end
    end
    txn:set_var("txn.jwkeep", "allowed")
end

core.register_action("jwkeep", { "http-req" }, function(txn, address, path)
    local received = txn.http:req_get_headers()
    for name in pairs(received) do
        if is_identity(name) then
            txn.http:req_del_header(name)
        end
    end
    local response = core.httpclient():get({
        url = "http://127.0.0.1" .. path, -- whom to ask is `dst`
        dst = address,
        headers = question(txn, received),
        timeout = TIMEOUT_MS,
    })
    local status = response and response.status
    if status == 200 then
        allow(txn, response)
    elseif status == 401 or status == 403 then
        answer_refused(txn, response)
    else
        answer_undecided(txn)
    end
end, 2)
