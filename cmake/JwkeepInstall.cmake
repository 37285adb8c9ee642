# SPDX-License-Identifier: Apache-2.0
# Owns what `cmake --install` puts where. Components: runtime (the shared library),
# development (headers, static library, pkg-config file, CMake package), program, systemd (units),
# gateways (scripts).
include(CMakePackageConfigHelpers)

install(TARGETS jwkeep_shared EXPORT jwkeepTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
          NAMELINK_COMPONENT development)
install(TARGETS jwkeep_static EXPORT jwkeepTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/jwkeep"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
if(TARGET jwkeep_program)
  install(TARGETS jwkeep_program
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()

file(GLOB JWKEEP_MAN1 CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.1")
if(JWKEEP_MAN1)
  install(FILES ${JWKEEP_MAN1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
endif()

if(TARGET jwkeep_program)
  set(JWKEEP_SYSTEMD "${PROJECT_SOURCE_DIR}/packaging/systemd")
  # When it is installed, since `cmake --install --prefix` may still say where.
  install(CODE "
    get_filename_component(JWKEEP_PREFIX \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
    get_filename_component(JWKEEP_BINDIR \"${CMAKE_INSTALL_BINDIR}\" ABSOLUTE
      BASE_DIR \"\${JWKEEP_PREFIX}\")
    configure_file(\"${JWKEEP_SYSTEMD}/jwkeep.service.in\"
      \"${PROJECT_BINARY_DIR}/jwkeep.service\" @ONLY)" COMPONENT systemd)
  install(FILES "${PROJECT_BINARY_DIR}/jwkeep.service" "${JWKEEP_SYSTEMD}/jwkeep.socket"
    DESTINATION lib/systemd/system COMPONENT systemd)
  foreach(gateway haproxy apache)
    install(FILES "${PROJECT_SOURCE_DIR}/integrations/${gateway}/jwkeep.lua"
      DESTINATION "${CMAKE_INSTALL_DATADIR}/jwkeep/${gateway}" COMPONENT gateways)
  endforeach()
endif()

# Relative to the file itself, so that the installed tree can be moved.
file(RELATIVE_PATH JWKEEP_PC_TO_PREFIX "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
configure_file("${CMAKE_CURRENT_LIST_DIR}/jwkeep.pc.in" "${PROJECT_BINARY_DIR}/jwkeep.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/jwkeep.pc"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

set(JWKEEP_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/jwkeep)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/jwkeepConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/jwkeepConfig.cmake" INSTALL_DESTINATION ${JWKEEP_PACKAGE_DIR})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/jwkeepConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/jwkeepConfig.cmake"
              "${PROJECT_BINARY_DIR}/jwkeepConfigVersion.cmake"
  DESTINATION ${JWKEEP_PACKAGE_DIR} COMPONENT development)
install(EXPORT jwkeepTargets NAMESPACE jwkeep::
  DESTINATION ${JWKEEP_PACKAGE_DIR} COMPONENT development)
