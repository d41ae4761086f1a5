# Estadísticas y las palabras de los gráficos.

statistics-period = Periodo
statistics-from = Recibidos desde el día (UTC)
statistics-to = Hasta el día (UTC)
statistics-all-time = Todo el tiempo
statistics-nothing = No se cribó nada
statistics-nothing-in-period = No se cribó nada en este periodo
statistics-in-short = En resumen
statistics-screenings = Cribados
statistics-gradable = Fotografías evaluables
statistics-none-graded = ninguna clasificada aún
statistics-gradable-share = { $share }, { $gradable } de { $graded }
statistics-rejected = Imágenes que no eran una fotografía utilizable
statistics-to-answer = De la recepción a la respuesta
statistics-to-review = De la recepción a la primera revisión
statistics-none-yet = ninguno aún
statistics-turnaround = mediana { $median }, nueve de cada diez en { $ninetieth } ({ $screenings })
statistics-days = { $days } días
statistics-day = Día
statistics-week = Semana del
statistics-by-day = Cribados por día
statistics-by-week = Cribados por semana
statistics-photographs = Fotografías
statistics-counted = cribados
statistics-by-grade = Cribados por el grado más grave
statistics-by-decision = Cribados por decisión
statistics-grade = Grado
statistics-no-grade = Sin grado
statistics-decision = Decisión
statistics-share = Proporción
statistics-with-system = Los lectores y el sistema
statistics-with-system-meaning = Lo primero que dijo cada lector de cada ojo, junto al grado del sistema. Los lectores vieron ese grado, por lo que coinciden más a menudo que si no lo hubieran visto.
statistics-between-readers = Los lectores entre sí
statistics-between-readers-meaning = Lo primero que dijeron de un ojo sus dos primeros lectores; al segundo no se le muestra el veredicto del primero.
statistics-system = sistema
statistics-reader = lector
statistics-first-reader = primer lector
statistics-second-reader = segundo lector
statistics-no-pairs = Ningún ojo tiene aún dos grados que comparar.
statistics-equal = El mismo grado en <strong>{ $equal } de { $pairs }</strong> ({ $share }) de { $patients }.
statistics-kappa = Kappa de Cohen con ponderación cuadrática <strong>{ $kappa }</strong> (intervalo del 95 %: { $lower } a { $upper }, bootstrap por pacientes).
statistics-no-kappa = Kappa no está definida: todos los grados son iguales.
statistics-one-grade =
    { $count ->
        [one] 1 ojo al que solo uno de los dos dio un grado.
       *[other] { $count } ojos a los que solo uno de los dos dio un grado.
    }
statistics-matrix = Grados de uno según los grados del otro

chart-in-all = { $label }: { $total } en total
chart-pairs = { $pairs } pares de grados, { $equal } de ellos iguales
chart-last = último: { $points }
chart-last-point = { $line } { $percent } % el { $day }
chart-nothing = no se midió nada
chart-course = Retinopatía derivable a lo largo del tiempo
chart-course-share = derivable (%)
