set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TALARIA_TESTS "Build the tests" ON)
option(TALARIA_BENCH "Build the benchmarks" OFF)
option(TALARIA_FUZZ "Build the fuzzers; needs Clang" OFF)
option(TALARIA_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Without the first and -fpch-preprocess, ccache takes no file that uses a precompiled header; by the
  # other two, clones in different places share what was compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros"
    "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};CCACHE_NOHASHDIR=1;${CCACHE}")
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

add_library(talaria_options INTERFACE)
add_library(talaria::options ALIAS talaria_options)
target_include_directories(talaria_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(talaria_options INTERFACE -Wall -Wextra -Wpedantic -Werror)
target_compile_definitions(talaria_options INTERFACE TALARIA_VERSION="${PROJECT_VERSION}")

if(TALARIA_SANITIZE)
  # CAF 0.17 binds null references in init_fun_factory and casts the ends of its mailboxes to
  # elements: -fno-sanitize=null,vptr keeps its headers quiet.
  # GCC's analysis of uninitialised values is confused by the checks that the sanitizers add.
  set(sanitize -Wno-maybe-uninitialized -fsanitize=address,undefined -fno-sanitize=null,vptr -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
  target_compile_options(talaria_options INTERFACE ${sanitize})
  target_link_options(talaria_options INTERFACE ${sanitize})
endif()

if(TALARIA_FUZZ)
  set(sanitize -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(talaria_options INTERFACE ${sanitize})
  target_link_options(talaria_options INTERFACE ${sanitize})
endif()

# One library per folder: `talaria_folder(domain id.cpp ... LINK fmt::fmt)` makes talaria::domain.
function(talaria_folder name)
  cmake_parse_arguments(FOLDER "" "" "SOURCES;LINK;PRECOMPILE" ${ARGN})
  add_library(talaria_${name} STATIC ${FOLDER_SOURCES})
  add_library(talaria::${name} ALIAS talaria_${name})
  target_link_libraries(talaria_${name} PUBLIC talaria::options ${FOLDER_LINK})
  if(FOLDER_PRECOMPILE)
    target_precompile_headers(talaria_${name} PRIVATE ${FOLDER_PRECOMPILE})
  endif()
endfunction()
