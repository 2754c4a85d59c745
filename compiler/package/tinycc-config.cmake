# tinycc as a step of a CMake project: `find_package(tinycc)` reads this; installed with tinycc.
#
#     tinycc_add_model(net MODEL models/net.yaml TARGETS c:cpu=cortex-m4 [OPTIONS --weights incbin …])
#     target_link_libraries(firmware PRIVATE net)
#
# adds the library `net` (static; net.h is on its include path), compiled by the project's compiler, that
# of a toolchain file for instance. TARGETS and OPTIONS are tinycc's; without TARGETS the model's own.
# How many files a model becomes is tinycc's to say, so it runs when CMake does, and CMake does when
# tinycc, the model or a file that the model names has changed, or a file that it wrote is gone. Of the
# library, what differs then is compiled. Where CMAKE_FIND_ROOT_PATH_MODE_PACKAGE is ONLY (Android's
# toolchain file) say -Dtinycc_DIR=….
find_program(TINYCC_PROGRAM tinycc DOC "the compiler of models" NO_CMAKE_FIND_ROOT_PATH
             HINTS ${CMAKE_CURRENT_LIST_DIR}/../../bin ${CMAKE_CURRENT_LIST_DIR}/../..)
if(NOT TINYCC_PROGRAM)
  set(tinycc_FOUND FALSE)
  set(tinycc_NOT_FOUND_MESSAGE "there is no program tinycc; set TINYCC_PROGRAM")
  return()
endif()

# What a file of --depfile lists, as absolute paths.
function(_tinycc_read_depfile depfile result)
  file(READ ${depfile} text)
  string(REGEX REPLACE "^[^:]*: *|\n" "" text "${text}")
  string(ASCII 1 blank)
  string(REPLACE "\\ " "${blank}" text "${text}")
  string(REPLACE " " ";" text "${text}")
  string(REPLACE "${blank}" " " text "${text}")
  string(REPLACE "\\#" "#" text "${text}")
  string(REPLACE "$$" "$" text "${text}")
  set(files)
  foreach(file IN LISTS text)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND files ${file})
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# The files of a folder that tinycc wrote.
function(_tinycc_list_written folder result)
  file(STRINGS ${folder}/.tinycc-files names REGEX "^[^#]")
  list(TRANSFORM names PREPEND ${folder}/)
  set(${result} ${names} PARENT_SCOPE)
endfunction()

# Is what the last run left at `stem` of this command, whole, and newer than all that was read?
function(_tinycc_is_fresh stem command result)
  set(${result} FALSE PARENT_SCOPE)
  foreach(file ${stem}.d ${stem}.command ${stem}/.tinycc-files)
    if(NOT EXISTS ${file})
      return()
    endif()
  endforeach()
  file(READ ${stem}.command made_by)
  _tinycc_list_written(${stem} written)
  foreach(file IN LISTS written)
    if(NOT EXISTS ${file})
      return()
    endif()
  endforeach()
  _tinycc_read_depfile(${stem}.d files)
  foreach(file IN LISTS files ITEMS ${TINYCC_PROGRAM})
    if(${file} IS_NEWER_THAN ${stem}.command)
      return()
    endif()
  endforeach()
  if(made_by STREQUAL command)
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

function(tinycc_add_model target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MODEL" "TARGETS;OPTIONS")
  if(NOT arg_MODEL OR arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "tinycc_add_model(NAME MODEL FILE [TARGETS …] [OPTIONS …]): not "
                        "'${arg_UNPARSED_ARGUMENTS}'")
  endif()
  cmake_path(ABSOLUTE_PATH arg_MODEL BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  set(stem ${CMAKE_CURRENT_BINARY_DIR}/${target}.tinycc)
  set(command ${TINYCC_PROGRAM} ${arg_MODEL} -o ${stem} --name ${target} --depfile ${stem}.d)
  foreach(each IN LISTS arg_TARGETS)
    list(APPEND command --target ${each})
  endforeach()
  list(APPEND command ${arg_OPTIONS})
  _tinycc_is_fresh(${stem} "${command}" fresh)
  if(NOT fresh)
    message(STATUS "tinycc: ${target}")
    file(REMOVE ${stem}.d)
    file(WRITE ${stem}.command "${command}")  # its time is that of tinycc's start
    execute_process(COMMAND ${command} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
                    RESULT_VARIABLE status ERROR_VARIABLE said ERROR_STRIP_TRAILING_WHITESPACE)
    if(NOT status EQUAL 0)
      file(REMOVE ${stem}.command)
      message(FATAL_ERROR "tinycc cannot compile ${arg_MODEL}:\n${said}")
    endif()
  endif()
  _tinycc_read_depfile(${stem}.d files)
  _tinycc_list_written(${stem} written)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files} ${written}
               ${TINYCC_PROGRAM})
  add_subdirectory(${stem} ${stem}.build)
  if(TARGET zephyr_interface)  # Zephyr's flags and headers
    target_link_libraries(${target} PRIVATE zephyr_interface)
  endif()
endfunction()
