#!/usr/bin/python3
"""The dashboards, as code: dashboards.py FOLDER writes one JSON file each (make docs does; a test compares).

A panel is one line: title, unit, query, legend. Uids are fixed, so that links and bookmarks last.
"""

import json
import pathlib
import sys

SOURCE = {"type": "prometheus", "uid": "cumulo-prometheus"}
RUNBOOKS = "https://github.com/cumulo/cumulo/blob/main/docs/runbooks/README.md"
NAMES = {"cumulo-overview": "Overview", "cumulo-service": "Service", "cumulo-database": "Database",
         "cumulo-events": "Bus and delivery", "cumulo-gateway": "Gateway", "cumulo-product": "Product"}
PICK = 'job="cumulo",service=~"$service"'


def graph(title, unit, *queries, width=12, **options):
    return {"kind": "timeseries", "title": title, "unit": unit, "queries": queries, "width": width, **options}


def stat(title, unit, query, legend="{{service}}", width=6, **options):
    return {"kind": "stat", "title": title, "unit": unit, "queries": [(query, legend)], "width": width, **options}


def row(title):
    return {"kind": "row", "title": title}


OVERVIEW = [
    row("What we promise, over 24 hours"),
    stat("Requests answered without a 5xx (promise 99.9 %)", "percentunit", "1 - service:slo_availability_errors:ratio_rate1d", width=8,
         low=0.999),
    stat("Requests within 250 ms (promise 99 %)", "percentunit", "1 - service:slo_latency_errors:ratio_rate1d", width=8, low=0.99),
    stat("Events out within 30 s (promise 99.9 %)", "percentunit", "1 - service:slo_events_late:ratio_rate1d", width=8, low=0.999),
    graph("Budget burnt, availability (1: just so)", "none", ("service:slo_availability_errors:ratio_rate1h / 0.001", "{{service}}")),
    graph("Budget burnt, latency (1: just so)", "none", ("service:slo_latency_errors:ratio_rate1h / 0.01", "{{service}}")),
    row("Now"),
    stat("Replicas up", "none", 'sum by (service) (up{job="cumulo"})'),
    stat("Alerts firing", "none", 'count by (severity) (ALERTS{alertstate="firing",severity!="none"}) or label_replace(vector(0), "severity", "critical", "", "") '
         'or label_replace(vector(0), "severity", "warning", "", "")', "{{severity}}", high=1),
    stat("Versions", "none", 'count by (service, version, commit) (cumulo_build_info{job="cumulo"})', "{{service}} {{version}} {{commit}}", width=12),
    graph("Requests", "reqps", ("service:http_requests:rate5m", "{{service}}")),
    graph("Time of the slowest 1 %", "s", ("service:http_request_duration_seconds:p99_5m", "{{service}}")),
    graph("Answers by class", "reqps", (
        'sum by (class) (label_replace(service_status:http_requests:rate5m, "class", "${1}xx", "status", "(.).."))', "{{class}}")),
    graph("Oldest event that waits", "s", ('max by (outbox) (cumulo_outbox_oldest_seconds{job="cumulo"})', "{{outbox}}")),
]

SERVICE = [
    row("Rate, errors, duration"),
    graph("Requests by route", "reqps", (f"sum by (route) (rate(cumulo_http_requests_total{{{PICK}}}[$__rate_interval]))", "{{route}}")),
    graph("Answers by status", "reqps", (f"sum by (status) (rate(cumulo_http_requests_total{{{PICK}}}[$__rate_interval]))", "{{status}}")),
    graph("Share of 5xx", "percentunit", ('service:slo_availability_errors:ratio_rate5m{service=~"$service"}', "{{service}}")),
    graph("Median and slowest 1 %", "s", ('service:http_request_duration_seconds:p50_5m{service=~"$service"}', "{{service}} p50"),
          ('service:http_request_duration_seconds:p99_5m{service=~"$service"}', "{{service}} p99")),
    graph("Slowest 5 % by route", "s", (
        f"histogram_quantile(0.95, sum by (route, le) (rate(cumulo_http_request_duration_seconds_bucket{{{PICK}}}[$__rate_interval])))",
        "{{route}}"), width=24),
    row("Saturation"),
    graph("Turned away before a handler", "reqps", (f"sum by (reason) (rate(cumulo_http_rejected_total{{{PICK}}}[$__rate_interval]))", "{{reason}}")),
    graph("Requests in their handlers", "none", (f"sum by (service, instance) (cumulo_http_requests_in_flight{{{PICK}}})", "{{service}} {{instance}}")),
    graph("Connections", "none", (f"sum by (service, instance) (cumulo_http_connections{{{PICK}}})", "{{service}} {{instance}}")),
    graph("Lag of the event loops, p99", "s", ('service:event_loop_lag_seconds:p99_5m{service=~"$service"}', "{{service}}")),
    row("Process"),
    graph("Processor", "percentunit", (f"rate(process_cpu_seconds_total{{{PICK}}}[$__rate_interval])", "{{service}} {{instance}}"), width=8),
    graph("Resident memory", "bytes", (f"process_resident_memory_bytes{{{PICK}}}", "{{service}} {{instance}}"), width=8),
    graph("Open files", "none", (f"process_open_fds{{{PICK}}}", "{{service}} {{instance}}"), width=8),
    graph("Log lines a second", "none", (f"sum by (service) (rate(cumulo_log_lines_total{{{PICK}}}[$__rate_interval]))", "written {{service}}"),
          (f"sum by (service) (rate(cumulo_log_lines_dropped_total{{{PICK}}}[$__rate_interval]))", "dropped {{service}}")),
    graph("Time since start", "s", (f"time() - process_start_time_seconds{{{PICK}}}", "{{service}} {{instance}}")),
]

DATABASE = [
    row("As the services see it"),
    graph("Statements", "ops", (f"sum by (database) (rate(cumulo_sql_statement_seconds_count{{{PICK}}}[$__rate_interval]))", "{{database}}")),
    graph("Slowest 1 % of statements", "s", (
        f"topk(5, histogram_quantile(0.99, sum by (statement, le) (rate(cumulo_sql_statement_seconds_bucket{{{PICK}}}[$__rate_interval]))))",
        "{{statement}}")),
    graph("Time spent, by statement", "percentunit", (
        f"topk(5, sum by (statement) (rate(cumulo_sql_statement_seconds_sum{{{PICK}}}[$__rate_interval])))", "{{statement}}")),
    graph("Failures", "ops", (f"sum by (service, failure) (rate(cumulo_sql_errors_total{{{PICK}}}[$__rate_interval])) or 0 * sum by (service) (up{{{PICK}}})",
                              "{{service}} {{failure}}")),
    graph("Commit of a group, p99", "s", (
        f"histogram_quantile(0.99, sum by (database, engine, le) (rate(cumulo_sql_commit_seconds_bucket{{{PICK}}}[$__rate_interval])))",
        "{{database}} {{engine}}")),
    graph("Requests that share a commit", "none", (
        f"sum by (database) (rate(cumulo_sql_group_members_sum{{{PICK}}}[$__rate_interval])) / (sum by (database) (rate(cumulo_sql_group_members_count{{{PICK}}}[$__rate_interval])) > 0)",
        "{{database}}")),
    graph("Waiting", "none", (f"sum by (database, queue) (cumulo_sql_waiting{{{PICK}}})", "{{database}} {{queue}}"), width=8),
    graph("Connections", "none", (f"sum by (database, use) (cumulo_sql_connections{{{PICK}}})", "{{database}} {{use}}"), width=8),
    graph("Connections made again", "none", (f"sum by (database) (increase(cumulo_sql_reconnects_total{{{PICK}}}[5m]))", "{{database}}"), width=8),
    row("PostgreSQL itself"),
    stat("Up", "bool_on_off", 'pg_up{job="postgres"}', "{{instance}}"),
    stat("Connections used", "percentunit", 'sum(pg_stat_activity_count{job="postgres"}) / max(pg_settings_max_connections{job="postgres"})', "used"),
    stat("Size", "bytes", 'sum by (datname) (pg_database_size_bytes{job="postgres",datname!~"template.*|postgres"})', "{{datname}}", width=12),
    graph("Transactions", "ops", ('sum by (datname) (rate(pg_stat_database_xact_commit{job="postgres",datname!~"template.*|"}[$__rate_interval]))', "{{datname}}")),
    graph("Rolled back", "ops", ('sum by (datname) (rate(pg_stat_database_xact_rollback{job="postgres",datname!~"template.*|"}[$__rate_interval]))', "{{datname}}")),
    graph("Read from memory", "percentunit", (
        'sum by (datname) (rate(pg_stat_database_blks_hit{job="postgres",datname!~"template.*|"}[5m])) / (sum by (datname) (rate(pg_stat_database_blks_hit{job="postgres",datname!~"template.*|"}[5m]) + rate(pg_stat_database_blks_read{job="postgres",datname!~"template.*|"}[5m])) > 0)',
        "{{datname}}")),
    graph("Replication lag (0 where there is no replica)", "s", (
        '{__name__=~"pg_replication_lag(_seconds)?",job="postgres"} or on (instance) 0 * pg_up{job="postgres"}', "{{instance}}")),
]

EVENTS = [
    row("Outbox"),
    graph("Events that wait", "none", (f"max by (outbox) (cumulo_outbox_waiting{{{PICK}}})", "{{outbox}}")),
    graph("Age of the oldest", "s", (f"max by (outbox) (cumulo_outbox_oldest_seconds{{{PICK}}})", "{{outbox}}")),
    graph("Relayed", "ops", (f"sum by (outbox) (rate(cumulo_outbox_relayed_total{{{PICK}}}[$__rate_interval]))", "{{outbox}}")),
    graph("Rounds that failed", "ops", (f"sum by (outbox) (rate(cumulo_outbox_failures_total{{{PICK}}}[$__rate_interval]))", "{{outbox}}")),
    row("Consumers"),
    graph("Acted on", "ops", (f"sum by (consumer) (rate(cumulo_events_consumed_total{{{PICK}}}[$__rate_interval]))", "{{consumer}}"), width=8),
    graph("Failed attempts and repeats", "ops", (f"sum by (consumer) (rate(cumulo_events_failed_total{{{PICK}}}[$__rate_interval]))", "failed {{consumer}}"),
          (f"sum by (consumer) (rate(cumulo_events_repeated_total{{{PICK}}}[$__rate_interval]))", "again {{consumer}}"), width=8),
    graph("Parked", "none", (f"sum by (consumer) (cumulo_events_parked_total{{{PICK}}})", "{{consumer}}"), width=8),
    graph("Events by type", "ops", (f"sum by (type) (rate(cumulo_events_total{{{PICK}}}[$__rate_interval]))", "{{type}}")),
    graph("In the stream and not finished with (0 without NATS)", "none", (
        f"max by (consumer) (cumulo_consumer_pending{{{PICK}}}) or 0 * max by (service) (up{{{PICK}}})", "{{consumer}} {{service}}")),
    row("Delivery"),
    graph("Time from the event to its delivery, p99", "s", (
        f"histogram_quantile(0.99, sum by (channel, le) (rate(cumulo_delivery_seconds_bucket{{{PICK}}}[$__rate_interval])))", "{{channel}}")),
    graph("Attempts", "ops", (
        f"sum by (channel, outcome) (rate(cumulo_delivery_attempts_total{{{PICK}}}[$__rate_interval]))", "{{channel}} {{outcome}}")),
    graph("Deliveries that wait", "none", (f"max by (channel) (cumulo_delivery_waiting{{{PICK}}})", "{{channel}}"), width=8),
    graph("Age of the oldest", "s", (f"max by (channel) (cumulo_delivery_oldest_seconds{{{PICK}}})", "{{channel}}"), width=8),
    graph("Dead letters", "none", (f"max by (channel) (cumulo_delivery_failed{{{PICK}}})", "{{channel}}"), width=8),
    graph("Calls to the world outside", "ops", (f"sum by (service) (rate(cumulo_outbound_calls_total{{{PICK}}}[$__rate_interval])) or 0 * sum by (service) (up{{{PICK}}})", "{{service}}")),
    graph("Notifications asked for", "ops", (f'sum by (status) (rate(cumulo_http_requests_total{{{PICK},route="/notify",method="POST"}}[$__rate_interval]))', "{{status}}")),
    row("Live streams"),
    graph("Open", "none", (f"sum by (service) (cumulo_stream_connections{{{PICK}}})", "{{service}}"), width=8),
    graph("From a change to the streams, p99", "s", (
        f"histogram_quantile(0.99, sum by (service, le) (rate(cumulo_stream_lag_seconds_bucket{{{PICK}}}[$__rate_interval])))", "{{service}}"), width=8),
    graph("Ended", "ops", (f"sum by (reason) (rate(cumulo_stream_ended_total{{{PICK}}}[$__rate_interval]))", "{{reason}}"), width=8),
]

GATEWAY = [
    stat("Up", "bool_on_off", 'nginx_up{job="nginx"}', "{{instance}}", width=4),
    graph("Requests", "reqps", ('sum by (instance) (rate(nginx_http_requests_total{job="nginx"}[$__rate_interval]))', "{{instance}}"), width=10),
    graph("Connections", "none", ('sum by (instance) (nginx_connections_active{job="nginx"})', "active {{instance}}"),
          ('sum by (instance) (nginx_connections_waiting{job="nginx"})', "idle {{instance}}"),
          ('sum by (instance) (nginx_connections_reading{job="nginx"} + nginx_connections_writing{job="nginx"})', "busy {{instance}}"), width=10),
    graph("Connections accepted", "cps", ('sum by (instance) (rate(nginx_connections_accepted{job="nginx"}[$__rate_interval]))', "{{instance}}")),
    graph("Accepted but not handled", "cps", (
        'sum by (instance) (rate(nginx_connections_accepted{job="nginx"}[$__rate_interval]) - rate(nginx_connections_handled{job="nginx"}[$__rate_interval]))', "{{instance}}")),
    graph("Requests at the services behind", "reqps", ('service:http_requests:rate5m', "{{service}}"), width=24),
]

PRODUCT = [
    stat("Active accounts (24 h)", "none", 'max(cumulo_active_accounts{job="cumulo"})', "accounts"),
    stat("Sign-ups (24 h)", "none", 'sum(increase(cumulo_http_requests_total{job="cumulo",route="/register",status="201"}[1d]))', "sign-ups"),
    stat("Tasks created (24 h)", "none", 'sum(increase(cumulo_http_requests_total{job="cumulo",route="/tasks",method="POST",status="201"}[1d]))', "tasks"),
    stat("Tasks completed (24 h)", "none", 'sum(increase(cumulo_events_total{job="cumulo",type="io.cumulo.task.completed.v1"}[1d]))', "tasks"),
    graph("Active accounts", "none", ('max(cumulo_active_accounts{job="cumulo"})', "within 24 h")),
    graph("Sign-ups and sign-ins an hour", "none", ('sum(increase(cumulo_http_requests_total{job="cumulo",route="/register",status="201"}[1h]))', "sign-ups"),
          ('sum(increase(cumulo_http_requests_total{job="cumulo",route="/login",status="200"}[1h]))', "sign-ins")),
    graph("Tasks an hour", "none", ('sum(increase(cumulo_http_requests_total{job="cumulo",route="/tasks",method="POST",status="201"}[1h]))', "created"),
          ('sum(increase(cumulo_events_total{job="cumulo",type="io.cumulo.task.completed.v1"}[1h]))', "completed")),
    graph("Reads of tasks", "reqps", ('sum(rate(cumulo_http_requests_total{job="cumulo",route=~"/tasks.*",method="GET"}[$__rate_interval]))', "reads")),
]

SERVICE_VARIABLE = {"name": "service", "label": "Service", "type": "query", "datasource": SOURCE, "refresh": 2, "sort": 1,
                    "query": {"query": 'label_values(up{job="cumulo"}, service)', "refId": "service"}, "definition": 'label_values(up{job="cumulo"}, service)',
                    "multi": True, "includeAll": True, "allValue": ".+", "current": {"text": "All", "value": "$__all"}, "options": []}


def panel(number, spec, x, y):
    if spec["kind"] == "row":
        return {"id": number, "type": "row", "title": spec["title"], "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}
    defaults = {"unit": spec["unit"], "min": 0 if spec["unit"] != "percentunit" or "low" not in spec else None}
    defaults = {k: v for k, v in defaults.items() if v is not None}
    options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}, "tooltip": {"mode": "multi", "sort": "desc"}}
    if spec["kind"] == "timeseries":
        defaults["custom"] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never"}
    else:
        options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "value", "graphMode": "area",
                   "justifyMode": "auto", "orientation": "auto", "textMode": "auto"}
        defaults["color"] = {"mode": "thresholds"}
        below, above = ("red", "green") if "low" in spec else ("green", "red")
        limit = spec.get("low", spec.get("high"))
        defaults["thresholds"] = {"mode": "absolute", "steps": [{"color": below, "value": None}] + (
            [{"color": above, "value": limit}] if limit is not None else [])}
        if spec["unit"] == "none":
            defaults["decimals"] = 0  # they count something
        if spec["unit"] == "percentunit":
            defaults["decimals"] = 3
    return {"id": number, "type": spec["kind"], "title": spec["title"], "datasource": SOURCE, "gridPos": {"x": x, "y": y, "w": spec["width"], "h": 8},
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options,
            "targets": [{"refId": chr(65 + n), "datasource": SOURCE, "expr": expr, "legendFormat": legend} for n, (expr, legend) in enumerate(spec["queries"])]}


def dashboard(uid, specs, variables=()):
    panels, x, y = [], 0, 0
    for number, spec in enumerate(specs, 1):
        wide, high = (24, 1) if spec["kind"] == "row" else (spec["width"], 8)
        if x + wide > 24:
            x, y = 0, y + 8
        if spec["kind"] == "row" and x:
            x, y = 0, y + 8
        panels.append(panel(number, spec, x, y))
        if spec["kind"] == "row":
            y += 1
        else:
            x += wide
            if x == 24:
                x, y = 0, y + high
    links = [{"type": "link", "title": title, "url": f"/d/{other}", "keepTime": True, "includeVars": True, "targetBlank": False, "asDropdown": False,
              "icon": "dashboard", "tags": [], "tooltip": ""} for other, title in NAMES.items() if other != uid]
    links.append({"type": "link", "title": "Runbooks", "url": RUNBOOKS, "keepTime": False, "includeVars": False, "targetBlank": True,
                  "asDropdown": False, "icon": "doc", "tags": [], "tooltip": ""})
    return {"uid": uid, "title": f"Cumulo / {NAMES[uid]}", "tags": ["cumulo"], "schemaVersion": 39, "version": 1, "editable": False,
            "graphTooltip": 1, "timezone": "browser", "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timepicker": {},
            "fiscalYearStartMonth": 0, "annotations": {"list": [
                {"name": "Alerts", "datasource": SOURCE, "enable": True, "hide": False, "iconColor": "red",
                 "expr": 'ALERTS{alertstate="firing",severity="critical"}', "titleFormat": "{{alertname}}", "textFormat": "{{service}}"},
                {"name": "Restarts", "datasource": SOURCE, "enable": True, "hide": False, "iconColor": "blue",
                 "expr": 'changes(process_start_time_seconds{job="cumulo"}[1m]) > 0', "titleFormat": "{{service}} started"}]},
            "templating": {"list": list(variables)}, "links": links, "panels": panels}


def build() -> dict:
    """uid → dashboard."""
    choose = [SERVICE_VARIABLE]
    return {"cumulo-overview": dashboard("cumulo-overview", OVERVIEW),
            "cumulo-service": dashboard("cumulo-service", SERVICE, choose),
            "cumulo-database": dashboard("cumulo-database", DATABASE, choose),
            "cumulo-events": dashboard("cumulo-events", EVENTS, choose),
            "cumulo-gateway": dashboard("cumulo-gateway", GATEWAY),
            "cumulo-product": dashboard("cumulo-product", PRODUCT)}


def main():
    folder = pathlib.Path(sys.argv[1])
    for uid, content in build().items():
        (folder / f"{uid}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
