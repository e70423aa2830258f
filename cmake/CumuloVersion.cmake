# What platform/core/version.cpp reports. An image build passes -DCUMULO_COMMIT=…, as it has no checkout.
set(CUMULO_COMMIT "" CACHE STRING "The commit to report; empty asks git")
if(NOT CUMULO_COMMIT)
  execute_process(COMMAND git rev-parse --short=8 HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  # After each commit all is configured anew; otherwise the program would go on naming an older one.
  execute_process(COMMAND git rev-parse --git-path logs/HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE commits OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(commits "${commits}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  if(commit AND EXISTS ${commits})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${commits})
  endif()
endif()
if(NOT commit)
  set(commit "${CUMULO_COMMIT}")
endif()
if(NOT commit)
  set(commit "unknown")
endif()
set_source_files_properties(core/version.cpp TARGET_DIRECTORY cumulo_core PROPERTIES COMPILE_DEFINITIONS
                            "CUMULO_VERSION=\"${PROJECT_VERSION}\";CUMULO_COMMIT=\"${commit}\"")
