# Writes OUTPUT, C++ source of the function NAME() that returns the text FILES (emitters/embedded.h).
# One string literal a line of text, so that what is embedded can be read in OUTPUT as well.
set(source "#include \"emitters/embedded.h\"\n\nnamespace tinycc {\n\n")
set(rows "")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  cmake_path(GET file FILENAME name)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  string(APPEND rows "    {\"${name}\",\n    \"${text}\"},\n")
endforeach()
if(rows)
  string(APPEND source "static const EmbeddedFile files[] = {\n${rows}};\n\n"
         "std::span<const EmbeddedFile> ${NAME}() { return files; }\n")
else()
  string(APPEND source "std::span<const EmbeddedFile> ${NAME}() { return {}; }\n")
endif()
file(WRITE ${OUTPUT} "${source}\n}  // namespace tinycc\n")
