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
