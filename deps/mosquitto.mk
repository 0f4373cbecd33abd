# SPDX-License-Identifier: BSD-2-Clause
# The broker for an application that says DEPS = mosquitto: MOSQUITTO_SRCS are its sources (main
# included), MOSQUITTO_DEFINES and MOSQUITTO_INCLUDES what they are compiled with: bridges,
# persistence and $SYS topics, but neither TLS nor websockets nor modules.
include deps/source.mk
$(eval $(call dep_source,MOSQUITTO,mosquitto,$(patsubst %,src/%.c,bridge bridge_topic conf \
	conf_includedir context control database handle_auth handle_connack handle_connect \
	handle_disconnect handle_publish handle_subscribe handle_unsubscribe keepalive logging \
	loop memory_public mosquitto mux mux_epoll mux_poll net password_mosq persist_read \
	persist_read_v234 persist_read_v5 persist_write persist_write_v5 plugin plugin_public \
	property_broker read_handle retain security security_default send_auth send_connack \
	send_suback send_unsuback session_expiry signals subs sys_tree topic_tok websockets \
	will_delay) \
	$(patsubst %,lib/%.c,alias_mosq handle_ping handle_pubackcomp handle_pubrec handle_pubrel \
	handle_suback handle_unsuback memory_mosq misc_mosq net_mosq net_mosq_ocsp \
	packet_datatypes packet_mosq property_mosq send_connect send_disconnect send_mosq \
	send_publish send_subscribe send_unsubscribe strings_mosq time_mosq tls_mosq utf8_mosq \
	util_mosq util_topic will_mosq)))
MOSQUITTO_DEFINES := WITH_BROKER VERSION='"2.0.11"' WITH_BRIDGE WITH_PERSISTENCE WITH_SYS_TREE \
	WITH_EPOLL WITH_UNIX_SOCKETS _GNU_SOURCE
MOSQUITTO_INCLUDES := $(MOSQUITTO) $(MOSQUITTO)/src $(MOSQUITTO)/include $(MOSQUITTO)/lib \
	$(MOSQUITTO)/deps
