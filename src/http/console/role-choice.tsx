import { ROLES } from '../auth/roles.ts'

/** The weakest role first: whoever does not choose gives little away. */
export const RoleChoice = ({
  role,
  label = 'Role',
}: {
  role?: string | null | undefined
  label?: string
}) => (
  <label>
    {label}
    <select name="role">
      {ROLES.toReversed().map((one) => (
        <option value={one} selected={one === role}>
          {one}
        </option>
      ))}
    </select>
  </label>
)
