# La lista de trabajo y qué hacer donde aún no hay nada.

worklist-title = Lista de trabajo
worklist-found = { $screenings } encontrados
worklist-nothing = Ningún cribado es así. <link>Mostrar todos</link>.
worklist-usual-order = primero lo que necesita un lector, después lo más antiguo
worklist-ascending = por { $key }, ascendente
worklist-descending = por { $key }, descendente
worklist-screenings = Cribados
worklist-search = El identificador del paciente contiene
worklist-state = Estado
worklist-decision = Decisión
worklist-review = Revisión
worklist-grade = Grado
worklist-from = Desde el día (UTC)
worklist-to = Hasta el día (UTC)
worklist-show = Mostrar
worklist-show-all = Mostrar todos
worklist-any = Cualquiera
worklist-needs-reader = Necesita lector
worklist-received = Recibido
worklist-patient = Paciente
worklist-photographs = Fotografías
worklist-not-stated = no indicado
worklist-first = Primero
worklist-second-reading = Segunda lectura
worklist-not-yet = Aún no
worklist-no = No
# Los ojos en una letra.
worklist-right-sign = D
worklist-left-sign = I
worklist-right = ojo derecho
worklist-left = ojo izquierdo
worklist-unstated = ojo no indicado
worklist-not-usable =
    { $count ->
        [one] 1 no utilizable
       *[other] { $count } no utilizables
    }
worklist-with-reading = Con la lectura
worklist-pages = Páginas
worklist-first-page = Primera página
worklist-previous-page = Página anterior
worklist-next-page = Página siguiente
worklist-keys-title = Teclas de la lista de trabajo
worklist-key-next = el cribado siguiente
worklist-key-previous = el cribado anterior
worklist-key-open = lo abre
worklist-key-search = busca un paciente
worklist-key-next-page = la página siguiente
worklist-key-previous-page = la página anterior

steps-photographs = <link>Arrastre o elija fotografías</link> del ojo derecho y del izquierdo de un paciente; los nombres de los archivos pueden indicar cuál es cuál.
steps-worklist = El sistema las clasifica en segundos y pone lo que necesita un lector al principio de la <link>lista de trabajo</link>.
steps-review = Abra allí un cribado, mire y confirme, corrija o declare no evaluable cada ojo.
