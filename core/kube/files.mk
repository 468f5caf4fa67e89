noinst_LIBRARIES += libkube.a
libkube_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(YAML_CFLAGS)
libkube_a_SOURCES = \
	core/kube/credential.c core/kube/credential.h core/kube/discovery.c core/kube/discovery.h core/kube/kubeconfig.c core/kube/kubeconfig.h \
	core/kube/log_answer.c core/kube/log_facts.c core/kube/log_join.c core/kube/log_join.h core/kube/log_splitter.c core/kube/log_splitter.h \
	core/kube/log_stream.c core/kube/log_stream.h core/kube/log_stream_internal.h core/kube/log_window.c core/kube/log_window.h core/kube/prober.c core/kube/prober.h core/kube/reflector.c core/kube/reflector.h \
	core/kube/answer_head.c core/kube/answer_head.h core/kube/list_query.c core/kube/list_query.h core/kube/outgoing.c core/kube/outgoing.h core/kube/renewal.c core/kube/renewal.h core/kube/route.c core/kube/route.h core/kube/refusal.c core/kube/refusal.h core/kube/trouble.c core/kube/trouble.h \
	core/kube/transport.c core/kube/transport.h core/kube/transport_curl.c core/kube/transport_curl.h core/kube/yaml_tree.c core/kube/yaml_tree.h
libkube_a_SOURCES += \
	core/kube/child.c core/kube/child.h core/kube/exec_plugin.c core/kube/exec_plugin.h core/kube/in_cluster.c core/kube/kubeconfig_merge.c \
	core/kube/kubeconfig_merge.h core/kube/kubeconfig_read.c core/kube/kubeconfig_read.h core/kube/kubeconfig_target.c core/kube/secret.c core/kube/secret.h \
	core/kube/yaml_query.c core/kube/yaml_scalar.c core/kube/yaml_scalar.h
libkube_a_SOURCES += \
	core/kube/curl_site.c core/kube/curl_site.h core/kube/exec_stream.c core/kube/exec_stream.h core/kube/handshake.c core/kube/handshake.h \
	core/kube/forward_http.c core/kube/http1.c core/kube/http1.h core/kube/port_forward.c core/kube/port_forward.h core/kube/tunnel_curl.c core/kube/tunnel_curl.h core/kube/tunnel_inside.h core/kube/tunnels.c \
	core/kube/websocket.c core/kube/websocket.h
