# La página que dice qué ha fallado.

problem-status = Error { $status }
problem-back = Volver al inicio
problem-nothing-stored = no se guardó nada; { $errors }
# El estado en palabras.
problem-bad-request = Petición incorrecta
problem-unauthorized = Sin sesión
problem-forbidden = No permitido
problem-not-found = No encontrado
problem-method-not-allowed = Método no permitido
problem-timeout = Tiempo agotado
problem-conflict = Conflicto
problem-too-large = Demasiado grande
problem-unsupported = Formato no admitido
problem-unprocessable = No se puede procesar
problem-too-many = Demasiadas peticiones
problem-unavailable = No disponible
problem-failed = Error interno del servidor
