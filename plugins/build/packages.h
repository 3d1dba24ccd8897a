/* SPDX-License-Identifier: Apache-2.0
 *
 * packages.h: which installed package made the machine 6003.
 */
#ifndef ESUSCAN_PLUGIN_BUILD_PACKAGES_H
#define ESUSCAN_PLUGIN_BUILD_PACKAGES_H

#include "build.h"

/* Name the update that brought build 6003, when the packages of all states and the catalogue leave
 * one, and raise the lower bound to its installation. */
es_status build_turn_by_packages(const es_host *host, build_turn *turn);

#endif
