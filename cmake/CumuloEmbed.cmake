# cumulo_embed(TARGET SYMBOL FILE...) compiles files into TARGET as `std::span<const cumulo::embedded_file>
# SYMBOL()`, declared by the caller; SYMBOL may be qualified (cumulo::tasks::migrations). Names are the files' base
# names, in the order given.
function(cumulo_embed target symbol)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" stem ${symbol})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${stem}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DOUTPUT=${output} "-DFILES=${ARGN}" -P
            ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# cumulo_embed_migrations(TARGET SYMBOL) does it for every migration beside the calling list: none can be forgotten.
function(cumulo_embed_migrations target symbol)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  cumulo_embed(${target} ${symbol} ${migrations})
endfunction()

# cumulo_embed_folder(TARGET SYMBOL FOLDER STAMP [EXCEPT pattern]) does the same for every file below FOLDER that is there
# when STAMP has been made; names are paths within FOLDER, without those that match the pattern.
# Each comes with its gzip form and hash: made when a program starts, they took a third of that time and of its memory.
function(cumulo_embed_folder target symbol folder stamp)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "EXCEPT" "")
  if(NOT arg_EXCEPT)
    set(arg_EXCEPT "^$")
  endif()
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" stem ${symbol})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${stem}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DOUTPUT=${output} -DFOLDER=${folder} "-DEXCEPT=${arg_EXCEPT}" -P
            ${CMAKE_SOURCE_DIR}/cmake/embed_folder.cmake
    DEPENDS ${stamp} ${CMAKE_SOURCE_DIR}/cmake/embed_folder.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
