# Finds SOCI, for which Debian ships no CMake configuration.
# Components: sqlite3, postgresql. Targets: SOCI::core, SOCI::sqlite3, SOCI::postgresql.
include(FindPackageHandleStandardArgs)

find_path(SOCI_INCLUDE_DIR soci/soci.h)
find_library(SOCI_core_LIBRARY soci_core)
mark_as_advanced(SOCI_INCLUDE_DIR SOCI_core_LIBRARY)
if(SOCI_INCLUDE_DIR)
  # "#define SOCI_VERSION 400003" stands for 4.0.3.
  file(STRINGS "${SOCI_INCLUDE_DIR}/soci/version.h" version_line REGEX "#define SOCI_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+" version_number "${version_line}")
  math(EXPR version_major "${version_number} / 100000")
  math(EXPR version_minor "(${version_number} / 100) % 1000")
  math(EXPR version_patch "${version_number} % 100")
  set(SOCI_VERSION "${version_major}.${version_minor}.${version_patch}")
endif()

if(SOCI_core_LIBRARY AND SOCI_INCLUDE_DIR AND NOT TARGET SOCI::core)
  add_library(SOCI::core UNKNOWN IMPORTED)
  set_target_properties(SOCI::core PROPERTIES
    IMPORTED_LOCATION "${SOCI_core_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${SOCI_INCLUDE_DIR}")
endif()

foreach(component IN LISTS SOCI_FIND_COMPONENTS)
  find_library(SOCI_${component}_LIBRARY soci_${component})
  mark_as_advanced(SOCI_${component}_LIBRARY)
  if(SOCI_${component}_LIBRARY)
    set(SOCI_${component}_FOUND TRUE)
    if(NOT TARGET SOCI::${component})
      add_library(SOCI::${component} UNKNOWN IMPORTED)
      set_target_properties(SOCI::${component} PROPERTIES
        IMPORTED_LOCATION "${SOCI_${component}_LIBRARY}")
      target_link_libraries(SOCI::${component} INTERFACE SOCI::core)
      # The backends' headers include those of the client libraries.
      if(component STREQUAL "postgresql")
        find_package(PostgreSQL REQUIRED)
        target_link_libraries(SOCI::postgresql INTERFACE PostgreSQL::PostgreSQL)
      elseif(component STREQUAL "sqlite3")
        find_package(SQLite3 REQUIRED)
        target_link_libraries(SOCI::sqlite3 INTERFACE SQLite::SQLite3)
      endif()
    endif()
  endif()
endforeach()

find_package_handle_standard_args(SOCI
  REQUIRED_VARS SOCI_INCLUDE_DIR SOCI_core_LIBRARY VERSION_VAR SOCI_VERSION HANDLE_COMPONENTS)
