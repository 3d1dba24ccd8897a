/* SPDX-License-Identifier: Apache-2.0
 *
 * core.h: indices into the facts that the core declares (see core.c).
 */
#ifndef ES_HOST_CORE_H
#define ES_HOST_CORE_H

#define ES_CORE_HIVE_STATE 0u
#define ES_CORE_UNREADABLE 1u
#define ES_CORE_SNAPSHOT 2u

#endif
