# Estados, decisiones, prioridades, órdenes, acciones y funciones, como los nombran las listas.

state-waiting = En espera
state-working = En curso
state-failed = Fallido
state-done = Terminado

patient-decision-refer = Derivar
patient-decision-unsure = Revisar
patient-decision-no-all-clear = Sin descartar
patient-decision-pending = En evaluación
patient-decision-rescreen = Repetir cribado

priority-first = Primero
priority-referable = Derivable
priority-unread = Sin leer
priority-read-once = Leído por uno
priority-not-yet = Aún sin clasificar
priority-settled = Resuelto

sort-priority = Prioridad de lectura
sort-received = Recepción
sort-patient = Paciente
sort-photographs = Fotografías
sort-state = Estado
sort-decision = Decisión
sort-grade = Grado
sort-reading = Lectura

action-logged-in = Sesión iniciada
action-log-in-refused = Inicio de sesión rechazado
action-logged-out = Sesión cerrada
action-account-added = Cuenta añadida
action-account-enabled = Cuenta habilitada
action-account-disabled = Cuenta inhabilitada
action-password-changed = Contraseña cambiada
action-submitted = Fotografías entregadas
action-tried-again = Trabajo fallido devuelto a la cola
action-list-opened = Lista de cribados abierta
action-screening-opened = Cribado abierto
action-photograph-opened = Fotografía original abierta
action-reviewed = Ojo revisado
action-patient-opened = Paciente abierto
action-patient-deleted = Paciente eliminado
action-exported = Registros exportados
action-backed-up = Copia de seguridad hecha
action-restored = Registros restaurados de una copia de seguridad
action-audit-opened = Auditoría abierta

reading-differ = Los lectores difieren
reading-not-read = Sin leer
reading-read-once = Leído por uno
reading-settled = Resuelto

role-screener = técnico de cribado
role-reader = lector
role-administrator = administrador
action-eye-stated = Ojo de una fotografía indicado

action-logged-in-by-openid = Inicio de sesión por OpenID Connect
action-openid-refused = Inicio de sesión por OpenID Connect rechazado
action-role-changed = Función cambiada por el proveedor de OpenID
