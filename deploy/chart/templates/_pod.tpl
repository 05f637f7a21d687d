{{- define "chimera.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "chimera.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "chimera.labels" -}}
{{ include "chimera.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "chimera.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "chimera.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "chimera.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "chimera.sharedEnvironment" -}}
- {name: DATABASE_URL_FILE, value: /run/secrets/shared/database-url}
- {name: REDIS_URL_FILE, value: /run/secrets/shared/redis-url}
- {name: JWT_SECRET_FILE, value: /run/secrets/shared/jwt-secret}
- {name: CHIMERA_DATA_KEY_FILE, value: /run/secrets/shared/data-key}
{{- end }}

{{- define "chimera.sharedMounts" -}}
- {name: home, mountPath: /var/lib/chimera}
- {name: tmp, mountPath: /tmp}
- {name: shared, mountPath: /run/secrets/shared, readOnly: true}
{{- end }}

{{- define "chimera.sharedVolumes" -}}
- {name: home, emptyDir: {}}
- {name: tmp, emptyDir: {}}
- name: shared
  secret:
    secretName: {{ .Values.secrets.shared }}
    defaultMode: 0440
    items:
      - {key: database-url, path: database-url}
      - {key: redis-url, path: redis-url}
      - {key: jwt-secret, path: jwt-secret}
      - {key: data-key, path: data-key}
{{- end }}

{{- define "chimera.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: operating}
  periodSeconds: 3
  failureThreshold: 40
livenessProbe:
  httpGet: {path: /livez, port: operating}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: operating}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
