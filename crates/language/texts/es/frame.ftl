# El marco de todas las páginas y lo que se dice en muchas de ellas.

frame-purpose = Cribado de retinopatía diabética
frame-disclaimer = Software de investigación, no es un producto sanitario. No debe utilizarse para diagnosticar, tratar ni descartar enfermedades; el edema macular no se evalúa.
frame-disclaimer-label = Aviso
frame-skip = Ir al contenido
frame-main = Principal
frame-worklist = Lista de trabajo
frame-statistics = Estadísticas
frame-new-screening = Nuevo cribado
frame-change-password = Cambiar la contraseña
frame-log-out = Cerrar sesión
frame-language = Idioma

frame-model = Modelo <strong>{ $name } { $version }</strong>
frame-validation-kappa = kappa de validación { $kappa }
frame-validation-auc = AUC para derivable { $auc }
frame-network = Red
frame-network-made-of = { $members }, entrada de { $side } × { $side } píxeles
frame-kappa = Kappa con ponderación cuadrática
frame-referable-auc = AUC, derivable (grado 2 o más grave)
frame-measured-on = Medido en
frame-no-validation = ninguna fotografía de validación
frame-terms = Condiciones
frame-bundle = Cómo decide este modelo
frame-monitor = ¿Sigue siendo válido el modelo aquí?
frame-accounts = Cuentas
frame-audit = Auditoría

frame-with-interval = { $value } (intervalo del 95 %: { $lower } a { $upper })
frame-share-with-interval = { $value } % ({ $lower } a { $upper })

frame-photographs =
    { $count ->
        [one] 1 fotografía
       *[other] { $count } fotografías
    }
frame-validation-photographs =
    { $count ->
        [one] 1 fotografía de validación
       *[other] { $count } fotografías de validación
    }
frame-screenings =
    { $count ->
        [one] 1 cribado
       *[other] { $count } cribados
    }
frame-examinations =
    { $count ->
        [one] 1 exploración
       *[other] { $count } exploraciones
    }
frame-patients =
    { $count ->
        [one] 1 paciente
       *[other] { $count } pacientes
    }
frame-members =
    { $count ->
        [one] 1 miembro
       *[other] { $count } miembros
    }
frame-accounts-count =
    { $count ->
        [one] 1 cuenta
       *[other] { $count } cuentas
    }

frame-keys = Teclas
frame-key-help = muestra estas teclas
frame-close = Cerrar
frame-system = Sistema
