# What platform/core/version.cpp reports. An image build passes -DCUMULO_COMMIT=…, as it has no checkout.
set(CUMULO_COMMIT "" CACHE STRING "The commit to report; empty asks git")
if(NOT CUMULO_COMMIT)
  execute_process(COMMAND git rev-parse --short=8 HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)
  set(commit "${CUMULO_COMMIT}")
endif()
if(NOT commit)
  set(commit "unknown")
endif()
set_source_files_properties(core/version.cpp TARGET_DIRECTORY cumulo_core PROPERTIES COMPILE_DEFINITIONS
                            "CUMULO_VERSION=\"${PROJECT_VERSION}\";CUMULO_COMMIT=\"${commit}\"")
