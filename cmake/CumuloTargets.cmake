# cumulo_library(NAME SOURCES... LINK libs...): a static library that includes from the root of the tree
# ("platform/core/result.hpp"), with the shared precompiled header.
function(cumulo_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  cumulo_precompile(${name})
endfunction()

# cumulo_program(NAME SOURCES... LINK libs...)
function(cumulo_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  cumulo_precompile(${name})
endfunction()

# cumulo_test(NAME SOURCES... LINK libs... LABELS unit|integration|concurrency...): a GoogleTest program, one ctest
# case per TEST. Those that link cumulo_testing share the PostgreSQL server of the ctest run. ALONE: nothing else runs
# meanwhile.
set(CUMULO_TEST_POSTGRES_NOTE ${CMAKE_BINARY_DIR}/test-postgres.url)
function(cumulo_test name)
  cmake_parse_arguments(arg "ALONE" "" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT CUMULO_TESTS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  cumulo_precompile(${name})
  gtest_discover_tests(${name} PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  # gtest_discover_tests() keeps only the first of several labels, so they are set when ctest reads the discovered list.
  set(labels_file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  set(properties "LABELS \"${arg_LABELS}\"")
  if(arg_ALONE)
    string(APPEND properties " RUN_SERIAL TRUE")
  endif()
  if("cumulo_testing" IN_LIST arg_LINK)
    add_dependencies(${name} postgres-for-ctest)
    string(APPEND properties " FIXTURES_REQUIRED postgres ENVIRONMENT \"CUMULO_TEST_POSTGRES_NOTE=${CUMULO_TEST_POSTGRES_NOTE}\"")
  endif()
  file(WRITE ${labels_file}
       "if(${name}_TESTS)\n  set_tests_properties(\${${name}_TESTS} PROPERTIES ${properties})\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels_file})
endfunction()

function(cumulo_precompile name)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  if(NOT name STREQUAL "cumulo_pch")
    target_link_libraries(${name} PRIVATE cumulo_asio)
    target_precompile_headers(${name} REUSE_FROM cumulo_pch)
  endif()
endfunction()
