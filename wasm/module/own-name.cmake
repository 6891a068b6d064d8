# Replaces a loader's name of itself, which Emscripten writes into it, by the address that it came from.
get_filename_component(name ${FILE} NAME)
file(READ ${FILE} code)
string(REGEX REPLACE "new URL\\([\"']${name}[\"'], ?import.meta.url\\)" "new URL(import.meta.url)" own "${code}")
if(own STREQUAL code)
  message(FATAL_ERROR "${name} does not start its threads as expected: see wasm/module/own-name.cmake")
endif()
file(WRITE ${FILE} "${own}")
