# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C file with the bytes of the status page's style and script (FOLDER).
function(as_bytes file out)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  set(${out} "${bytes}" PARENT_SCOPE)
endfunction()

as_bytes("${FOLDER}/page.css" style)
as_bytes("${FOLDER}/page.js" script)
file(WRITE "${OUTPUT}" "#include \"server/page/assets.h\"
static const unsigned char style[] = {${style}};
static const unsigned char script[] = {${script}};
const page_asset page_assets[] = {
    {\"/page.css\", \"text/css; charset=utf-8\", style, sizeof style},
    {\"/page.js\", \"text/javascript; charset=utf-8\", script, sizeof script},
    {0, 0, 0, 0},
};
")
