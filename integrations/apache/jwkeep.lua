-- SPDX-License-Identifier: Apache-2.0
--
-- Owns asking jwkeep whether a request may pass, as an access checker of mod_lua:
--     SetEnvIfExpr "true" JWKEEP_ADDRESS=HOST:PORT (or unix:FILE) JWKEEP_PATH=/verify/POLICY
--     LuaHookAccessChecker /etc/apache2/jwkeep.lua check
-- Needs LuaSocket (Debian: lua-socket). Keeps one connection for each Lua state, so for each
-- thread under LuaScope thread. Answers 503 whenever it has no verdict.

require("apache2")
local socket = require("socket")
local unix = require("socket.unix")

local TIMEOUT_S = 10 -- longer than jwkeep waits for keys: 6 s
local DEFAULT_PATH = "/verify"
local MAX_FIELDS = 100
local COPIED = { "Authorization", "Cookie" }

local connections = {} -- by address

local function connect(address)
    local file = address:match("^unix:(.+)$")
    local connection, host, port, is_connected
    if file then
        connection = unix()
    else
        connection = socket.tcp()
        host, port = address:match("^(.+):(%d+)$")
    end
    connection:settimeout(TIMEOUT_S)
    if file then
        is_connected = connection:connect(file)
    else
        is_connected = host and connection:connect(host, tonumber(port))
    end
    if not is_connected then
        connection:close()
        return nil
    end
    return connection
end

-- Applications cannot always tell "_" from "-" in a field's name.
local function is_identity(name)
    return name:lower():find("^x[-_]auth[-_]") ~= nil
end

local function question(r)
    local lines = {
        "GET " .. (r.subprocess_env["JWKEEP_PATH"] or DEFAULT_PATH) .. " HTTP/1.1",
        "Host: jwkeep",
        "X-Forwarded-Method: " .. r.method,
        "X-Forwarded-Uri: " .. r.unparsed_uri,
    }
    for _, name in ipairs(COPIED) do
        local value = r.headers_in[name]
        if value then
            lines[#lines + 1] = name .. ": " .. value
        end
    end
    for _, line in ipairs(lines) do
        if line:find("[\0-\8\10-\31\127]") then
            return nil
        end
    end
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- Status and fields of an answer (names in lower case), or nothing.
local function read_answer(connection)
    local line = connection:receive("*l")
    local status = line and tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
    if not status then
        return nil
    end
    local fields = {}
    for _ = 1, MAX_FIELDS do
        line = connection:receive("*l")
        if not line then
            return nil
        end
        if line == "" then
            local size = tonumber(fields["content-length"] or "0")
            if size and size > 0 and not connection:receive(size) then
                return nil
            end
            return status, fields
        end
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        if not name then
            return nil
        end
        fields[name:lower()] = value
    end
    return nil
end

local function ask_over(connection, text)
    if not connection:send(text) then
        return nil
    end
    return read_answer(connection)
end

-- A kept connection may have been closed meanwhile: then once more, on a new one.
local function ask(address, text)
    local kept = connections[address]
    connections[address] = nil
    for _, connection in ipairs({ kept or false, true }) do
        if connection == true then
            connection = connect(address)
        end
        if connection then
            local status, fields = ask_over(connection, text)
            if status and fields["connection"] ~= "close" then
                connections[address] = connection
            else
                connection:close()
            end
            if status then
                return status, fields
            end
        end
    end
    return nil
end

local function remove_identity(r)
    local names = {}
    for name in pairs(r:headers_in_table()) do
        if is_identity(name) then
            names[#names + 1] = name
        end
    end
    for _, name in ipairs(names) do
        r.headers_in[name] = nil
    end
end

function check(r)
    remove_identity(r)
    local text = question(r)
    if not text then
        return 400
    end
    local status, fields = ask(r.subprocess_env["JWKEEP_ADDRESS"] or "", text)
    if status == 200 then
        for name, value in pairs(fields) do
            if is_identity(name) then
                r.headers_in[name] = value
            end
        end
        return apache2.OK
    end
    if status == 401 or status == 403 then
        if fields["www-authenticate"] then
            r.err_headers_out["WWW-Authenticate"] = fields["www-authenticate"]
        end
        return status
    end
    r.err_headers_out["Retry-After"] = "1"
    return 503
end
