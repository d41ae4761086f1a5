# La página sobre el servidor en marcha.

system-title = El sistema
system-about = Cómo está este servidor en este momento. <code>/metrics</code> dice a otros programas lo que espera, y cuenta a lo largo del tiempo.
system-again = Mirar de nuevo
system-program = Programa
system-bundle = Paquete del modelo
system-bundle-made-of = { $name }, huella { $fingerprint }, { $members }
system-explanations = Explicaciones
system-who-grades = Quién clasifica
system-grades-here = este servidor y cualquier proceso de trabajo que comparta sus registros
system-grades-elsewhere = los procesos de trabajo que comparten sus registros
system-waiting = En espera o en curso
system-waiting-explanations =
    { $count ->
        [one] 1 explicación
       *[other] { $count } explicaciones
    }
system-workers = Procesos con trabajo en curso
system-records = Registros
system-files = Archivos guardados
system-files-count =
    { $count ->
        [one] 1 archivo
       *[other] { $count } archivos
    }
system-bytes = { $count } bytes
