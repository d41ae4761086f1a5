# Inicio de sesión, cuentas y auditoría.

audit-title = Quién hizo y vio qué
audit-meaning = Cada entrada contiene la huella de la anterior, de modo que ninguna puede cambiarse ni quitarse sin que se note. Los registros se nombran solo por sus identificadores opacos.
audit-check = Comprobar la cadena
audit-entries = Entradas, la más reciente primero
audit-none = Ninguna.
audit-table = Tabla de entradas
audit-older = Entradas anteriores
audit-entry = Entrada
audit-when = Cuándo
audit-who = Quién
audit-what = Qué
audit-of = De
audit-whole =
    { $count ->
        [one] La cadena está íntegra: 1 entrada.
       *[other] La cadena está íntegra: { $count } entradas.
    }
audit-note = Anote la huella de la última en otro lugar; <code>fundoscope audit verify --expect</code> dirá más adelante si sigue ahí:

log-in-title = Iniciar sesión
log-in-name = Nombre
log-in-password = Contraseña
password-title = Cambiar su contraseña
password-present = Contraseña actual
password-new = Contraseña nueva
password-again = Contraseña nueva, otra vez
password-note = Al menos 10 caracteres. Se cerrará su sesión en todos los demás lugares.
password-change = Cambiarla

accounts-title = Cuentas
accounts-table = Tabla de cuentas
accounts-name = Nombre
accounts-role = Función
accounts-log-in = Acceso
accounts-added = Añadida
accounts-change = Cambiar
accounts-none = No hay ninguna, por lo que este servidor responde solo a este ordenador y no pide a nadie que inicie sesión. La primera debe ser de un administrador; a partir de entonces todos inician sesión.
accounts-roles = Un técnico de cribado entrega fotografías y lee los resultados; un lector, además, revisa; un administrador, además, gestiona las cuentas y ve la auditoría.
accounts-enabled = habilitada
accounts-disabled = inhabilitada
accounts-disable = Inhabilitar
accounts-enable = Habilitar
accounts-set-password = Fijar una contraseña
accounts-for = para { $name }
accounts-set = Fijarla
accounts-add-title = Añadir una cuenta
accounts-password-note = Al menos 10 caracteres.
accounts-add = Añadirla

accounts-subject = O sujeto de OpenID
accounts-subject-note = Como el proveedor ({ $provider }) los llama siempre; la página lo muestra a quien se rechaza por no tener cuenta. Una cuenta tiene un sujeto o una contraseña.

log-in-or = O con un nombre y una contraseña de este programa:
log-in-done = Ha iniciado sesión
log-in-go-on = Continuar
log-out-done = Ha cerrado la sesión aquí
log-out-advice = Cierre también la sesión en el proveedor, para que a quien se siente aquí después no se le admita como usted.
log-out-there = Cerrar la sesión allí
log-out-again = Iniciar sesión de nuevo
